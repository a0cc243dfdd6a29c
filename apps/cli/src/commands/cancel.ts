import { parseArgs } from 'node:util';
import { z } from 'zod';
import { connect, serverOptions, serverOptionsUsage } from '../client/api-client.ts';
import { jobIdFrom } from '../client/job-id.ts';
import type { Command } from '../command.ts';

export const command: Command = {
  summary: 'Cancel a waiting or running build.',
  usage: `cancel <job> [options]\n\n${serverOptionsUsage}`,
  async run(args, io) {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: serverOptions });
    const jobId = jobIdFrom(positionals);
    const client = await connect(values, io);
    await client.request(z.object({ success: z.literal(true) }), 'DELETE', `/jobs/${jobId}`);
    io.err(`Cancelling ${jobId}.\n`);
    return 0;
  },
};
