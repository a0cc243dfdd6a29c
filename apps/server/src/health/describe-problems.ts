import type { HealthProblem } from '@yardmaster/protocol';
import type { Finding } from './find-problems.ts';

type Words = Pick<HealthProblem, 'title' | 'message'>;

/** Says what a problem means for people: what does not work, what still does, and what to do. Without addresses. */
export function describeProblem(finding: Finding): Words {
  switch (finding.code) {
    case 'event-store-unavailable':
      return {
        title: 'Nothing can be recorded',
        message: `${storeSays(finding.reason)} Uploads and other changes are refused until it works again. Previews and everything recorded so far are shown, and builds that run go on. Nothing that was accepted is lost, and nothing has to be started again.`,
      };
    case 'read-models-behind':
      return {
        title: 'What is shown is out of date',
        message:
          'This server has not caught up with what was recorded, so lists and states may be old. What was accepted is recorded and not lost. If this stays for more than a minute, look at the log of the server and start it again.',
      };
    case 'disk-full':
      return {
        title: 'The disk is full',
        message:
          'New uploads are refused, to leave room for what was accepted: builds go on and can be cancelled, and previews are shown. Make room on the disk of the data directory; uploads are then taken in again by themselves.',
      };
    case 'messaging-unavailable':
      return {
        title: 'Builds wait',
        message:
          'The message server cannot be reached, so no build starts and running ones show no progress. Uploads are taken in and wait, and previews are shown. Everything goes on by itself when it is back.',
      };
    case 'no-leader':
      return {
        title: 'Nobody hands out builds',
        message:
          'No server leads the builds at the moment. Uploads are taken in and wait, and previews are shown. A server takes over by itself within seconds; if this stays, look at the logs of the servers.',
      };
    case 'no-workers':
      return {
        title: 'No worker takes builds',
        message: `${finding.online === 0 ? 'No worker can be reached' : 'The workers that can be reached take no new builds'}. Uploads are taken in and wait until one takes them, and previews are shown. Start a worker, or look at the log of one that should be there.`,
      };
    case 'disk-low':
      return {
        title: 'The disk is nearly full',
        message:
          'Everything works. Make room on the disk of the data directory soon: when it is full, new uploads are refused.',
      };
    case 'read-models-rebuilt':
      return {
        title: 'The read models were made anew',
        message: `They were made again from the recorded events, and nothing is lost. The reason: ${finding.reason} If it was damage and happens again, check the disk of the data directory.`,
      };
    case 'clock-jumped':
      return {
        title: 'The clock of the server was set',
        message: `It went ${finding.byMs > 0 ? 'forward' : 'back'} by ${duration(Math.abs(finding.byMs))}, or the machine slept. Builds go on, and the deadlines of their steps moved along. Times shown around this moment are off by as much, and sign-ins and previews may end earlier or later than said.`,
      };
    default:
      return finding satisfies never;
  }
}

const storeSays = (reason: string | null): string =>
  reason === null
    ? 'The event store answers, but what it is given fails.'
    : `The event store cannot be reached: ${reason}.`;

const units = [
  { ms: 86_400_000, name: 'day' },
  { ms: 3_600_000, name: 'hour' },
  { ms: 60_000, name: 'minute' },
  { ms: 1_000, name: 'second' },
] as const;

/** In the largest unit of which there are two or more. */
function duration(ms: number): string {
  const unit = units.find((candidate) => ms >= 2 * candidate.ms) ?? units[3];
  const count = Math.round(ms / unit.ms);
  return `${count} ${unit.name}${count === 1 ? '' : 's'}`;
}
