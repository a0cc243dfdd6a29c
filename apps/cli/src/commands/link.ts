import { parseArgs } from 'node:util';
import { z } from 'zod';
import { connect, serverOptions, serverOptionsUsage } from '../client/api-client.ts';
import type { Command } from '../command.ts';

export const command: Command = {
  summary: 'Make a sign-in link for the dashboard. It works once.',
  usage: `link [options]\n\n${serverOptionsUsage}`,
  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options: serverOptions });
    const client = await connect(values, io);
    const { url } = await client.request(z.object({ url: z.string() }), 'POST', '/auth/link');
    io.out(`${url}\n`);
    return 0;
  },
};
