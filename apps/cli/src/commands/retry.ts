import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { connect, serverOptions, serverOptionsUsage } from '../client/api-client.ts';
import { jobIdFrom } from '../client/job-id.ts';
import { watchBuild } from '../client/watch-build.ts';
import type { Command } from '../command.ts';

const RetryAnswer = z.object({ success: z.literal(true), jobId: z.string(), queuePosition: z.int().nullable() });

export const command: Command = {
  summary: 'Build an ended build once more, as a new job.',
  usage: `retry <job> [options]

  --wait           wait for the end: exit code 0 completed, 1 failed
  --json           print the answer (with --wait: the ended build) as one line of JSON
${serverOptionsUsage}`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        wait: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        ...serverOptions,
      },
    });
    const client = await connect(values, io);
    const path = `/jobs/${jobIdFrom(positionals)}/retry`;
    const answer = await client.request(RetryAnswer, 'POST', path, { idempotencyKey: randomUUID() });
    if (values.wait) return await watchBuild(client, answer.jobId, { io, json: values.json });
    io.out(values.json ? `${JSON.stringify(answer)}\n` : `${answer.jobId}\n`);
    return 0;
  },
};
