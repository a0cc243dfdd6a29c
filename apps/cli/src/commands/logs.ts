import { parseArgs } from 'node:util';
import { connect, serverOptions, serverOptionsUsage } from '../client/api-client.ts';
import { plain } from '../client/build-screen.ts';
import { followBuild, readLines } from '../client/follow-build.ts';
import { jobIdFrom } from '../client/job-id.ts';
import type { Command } from '../command.ts';

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
    const text = (line: { readonly text: string }) => {
      if (values.json) return JSON.stringify(line);
      return io.isTerminal ? `${line.text}\u001b[0m` : plain(line.text);
    };
    const watch = {
      onLines: (lines: readonly { readonly text: string }[]) => io.out(lines.map((line) => `${text(line)}\n`).join('')),
      signal: io.signal,
    };
    if (values.follow) await followBuild(client, jobId, { ...watch, onJob() {} });
    else await readLines(client, jobId, 0, watch);
    return 0;
  },
};
