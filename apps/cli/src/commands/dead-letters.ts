import { parseArgs } from 'node:util';
import { DeadLetterList, type DeadLetterView } from '@yardmaster/protocol';
import { connect, serverOptions, serverOptionsUsage } from '../client/api-client.ts';
import { plain } from '../client/build-screen.ts';
import type { Command } from '../command.ts';

export const command: Command = {
  summary: 'List the builds that were set aside since their workers were lost with them.',
  usage: `dead-letters [options]

For operators and admins. "yardmaster release <job>" builds one again.

  --json           as one line of JSON
${serverOptionsUsage}`,
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean', default: false }, ...serverOptions },
    });
    const client = await connect(values, io);
    const list = await client.request(DeadLetterList, 'GET', '/admin/dead-letters');
    io.out(values.json ? `${JSON.stringify(list)}\n` : listText(list));
    return 0;
  },
};

function listText({ deadLetters, total }: DeadLetterList): string {
  if (deadLetters.length === 0) return 'No build is set aside.\n';
  const older = total - deadLetters.length;
  return deadLetters.map(letterText).join('') + (older === 0 ? '' : `and ${older} older ones\n`);
}

function letterText(letter: DeadLetterView): string {
  const { jobId, websiteName, buildNumber, failedAt, error, losses, releasedAs } = letter;
  const lines = [
    `${jobId}  ${failedAt}  ${plain(websiteName)} #${buildNumber}  ${plain(error.message)} (${error.code})`,
    ...losses.map(lossText),
    ...(releasedAs === null ? [] : [`  released as ${releasedAs}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function lossText({ attempt, workerId, step, reason, alone }: DeadLetterView['losses'][number]): string {
  const company = alone ? 'alone on it' : 'not known to be alone on it';
  return `  attempt ${attempt}: ${workerId}, ${step ?? 'before the first step'}, ${company}. ${plain(reason)}`;
}
