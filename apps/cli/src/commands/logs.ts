import { parseArgs } from 'node:util';
import type { LogLineView } from '@yardmaster/protocol';
import { connect, serverOptions, serverOptionsUsage } from '../client/api-client.ts';
import { shownOn } from '../client/build-screen.ts';
import { createLineReader, followBuild } from '../client/follow-build.ts';
import { jobIdFrom } from '../client/job-id.ts';
import { outageText } from '../client/watch-build.ts';
import { type Command, Interrupted } from '../command.ts';

export const command: Command = {
  summary: "Print a build's log.",
  usage: `logs <job> [options]

  -f, --follow     go on until the build has ended
  --json           one line of JSON per log line
${serverOptionsUsage}`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        follow: { type: 'boolean', short: 'f', default: false },
        json: { type: 'boolean', default: false },
        ...serverOptions,
      },
    });
    const jobId = jobIdFrom(positionals);
    const client = await connect(values, io);
    const text = (line: LogLineView) => {
      if (values.json) return JSON.stringify(line);
      return shownOn({ isTerminal: io.isOutTerminal, env: io.env }, line.text);
    };
    const onLines = (lines: readonly LogLineView[]) => io.out(lines.map((line) => `${text(line)}\n`).join(''));
    try {
      if (values.follow) {
        const onOutage = () => io.err(`${outageText(client)}\n`);
        await followBuild(client, jobId, { onLines, onJob() {}, onOutage, signal: io.signal });
      } else await createLineReader(client, jobId, onLines).readNew();
      return 0;
    } catch (error) {
      throw io.signal.aborted ? new Interrupted() : error;
    }
  },
};
