import { parseArgs } from 'node:util';
import { ReplayAnswer } from '@yardmaster/protocol';
import { connect, serverOptions, serverOptionsUsage } from '../client/api-client.ts';
import { jobIdFrom } from '../client/job-id.ts';
import { type Command, UsageError } from '../command.ts';

export const command: Command = {
  summary: 'Show a build as it was after one of its events.',
  usage: `replay <job> [options]

  --at <revision>  after this event, 0 being the first; by default after the last
  --json           as one line of JSON
${serverOptionsUsage}`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { at: { type: 'string' }, json: { type: 'boolean', default: false }, ...serverOptions },
    });
    if (values.at !== undefined && !/^\d+$/.test(values.at)) throw new UsageError('--at takes a whole number.');
    const query = values.at === undefined ? '' : `?revision=${values.at}`;
    const client = await connect(values, io);
    const replay = await client.request(ReplayAnswer, 'GET', `/jobs/${jobIdFrom(positionals)}/replay${query}`);
    io.out(`${values.json ? JSON.stringify(replay) : JSON.stringify(replay, null, 2)}\n`);
    return 0;
  },
};
