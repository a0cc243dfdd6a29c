import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { JobId } from '@yardmaster/domain';
import { NewJobAnswer } from '@yardmaster/protocol';
import type { Command } from '../command.ts';
import { connect, serverOptions, serverOptionsUsage } from './api-client.ts';
import { jobIdFrom } from './job-id.ts';
import { watchBuild } from './watch-build.ts';

/** A command that has a job built once more, as a new one: `path` is where that is asked for. */
export function newJobCommand({
  summary,
  usage,
  path,
}: Pick<Command, 'summary' | 'usage'> & { readonly path: (jobId: JobId) => string }): Command {
  return {
    summary,
    usage: `${usage}

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
      const asked = path(jobIdFrom(positionals));
      const answer = await client.request(NewJobAnswer, 'POST', asked, { idempotencyKey: randomUUID() });
      if (values.wait) return await watchBuild(client, answer.jobId, { io, json: values.json });
      io.out(values.json ? `${JSON.stringify(answer)}\n` : `${answer.jobId}\n`);
      return 0;
    },
  };
}
