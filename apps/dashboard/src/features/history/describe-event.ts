import type { BuildJobContext, BuildJobEvent, BuildJobEventOf } from '@yardmaster/domain';
import { countText, exactDurationText, sizeText } from '../../shared/format/quantities.ts';
import { stepTitles } from '../../shared/jobs/job-display.ts';

/** How an event bears on the build: most just happen. */
export type EventTone = 'plain' | 'ok' | 'warn' | 'bad';

/** An event in words: what happened, and the one thing about it that tells most. */
export interface EventDescription {
  readonly title: string;
  readonly detail: string | null;
  readonly tone: EventTone;
}

/** Puts an event into words; `before` is the context right before it, where that is known. */
export function describeEvent(event: BuildJobEvent, before: BuildJobContext | null = null): EventDescription {
  switch (event.type) {
    case 'BuildRequested':
      return plain('Build requested', requestText(event.data));
    case 'BuildQueued':
      return plain('Put into the queue');
    case 'PriorityChanged': {
      const { priority } = event.data;
      return plain('Priority changed', before === null ? `to ${priority}` : `${before.priority} → ${priority}`);
    }
    case 'BuildDispatched':
      return plain('Offered to workers', `attempt ${event.data.attempt}, pool “${event.data.pool}”`);
    case 'DispatchWithdrawn':
      return warn('Offer withdrawn', event.data.reason);
    case 'BuildClaimed':
      return plain('Claimed by a worker', `attempt ${event.data.attempt}, ${event.data.workerId}`);
    case 'StepStarted':
      return plain(
        `${stepTitles[event.data.step]} began`,
        `at most ${exactDurationText(event.data.timeoutMs)} allowed`,
      );
    case 'StepCompleted':
      return plain(`${stepTitles[event.data.step]} ${outcomeWords[event.data.outcome]}`, usageText(event.data));
    case 'StepFailed':
      return bad(`${stepTitles[event.data.step]} failed`, failureText(event.data));
    case 'StepTimedOut':
      return bad(
        `${stepTitles[event.data.step]} took too long`,
        `stopped after ${exactDurationText(event.data.timeoutMs)}`,
      );
    case 'WorkerLost':
      return bad(
        'Worker lost',
        `${event.data.workerId}${event.data.alone ? ', with this build only' : ''}: ${event.data.reason}`,
      );
    case 'AttemptAbandoned':
      return bad('Given up by the worker', `${event.data.workerId} could not go on with the attempt`);
    case 'BuildReturned':
      return warn('Handed back by the worker', `${event.data.workerId} goes away; this costs no attempt`);
    case 'OutputPublished':
      return plain('Output published', `${filesText(event.data.files)}, ${sizeText(event.data.sizeBytes)}`);
    case 'RetryScheduled':
      return warn('Retry scheduled', `in ${exactDurationText(event.data.delayMs)}`);
    case 'RetryDue':
      return plain('Back in the queue for a retry', `after attempt ${event.data.attempt}`);
    case 'CancelRequested':
      return warn('Cancellation requested', event.data.reason);
    case 'BuildCancelled':
      return warn('Build cancelled', cancelText(event.data));
    case 'BuildCompleted':
      return { title: 'Build completed', detail: `attempt ${event.data.attempt}`, tone: 'ok' };
    case 'BuildFailed':
      return bad(event.data.deadLetter ? 'Build failed, and set aside' : 'Build failed', event.data.message);
    default:
      return event satisfies never;
  }
}

const plain = (title: string, detail: string | null = null): EventDescription => ({ title, detail, tone: 'plain' });
const warn = (title: string, detail: string | null): EventDescription => ({ title, detail, tone: 'warn' });
const bad = (title: string, detail: string | null): EventDescription => ({ title, detail, tone: 'bad' });

const outcomeWords = { done: 'done', cached: 'done from the cache', skipped: 'skipped' } as const;

function requestText(request: BuildJobEventOf<'BuildRequested'>['data']): string {
  const { websiteName, buildNumber, priority, source, retryOf } = request;
  const build = `${websiteName} #${buildNumber}${retryOf === null ? '' : ', a retry'}`;
  return `${build}, priority ${priority}, ${source.originalName} (${sizeText(source.sizeBytes)})`;
}

function usageText({ durationMs, exitCode, detail }: BuildJobEventOf<'StepCompleted'>['data']): string {
  return [exactDurationText(durationMs), detail, exitText(exitCode)].filter((part) => part !== null).join(', ');
}

function failureText({ message, durationMs, exitCode }: BuildJobEventOf<'StepFailed'>['data']): string {
  const facts = [exitText(exitCode), `after ${exactDurationText(durationMs)}`].filter((part) => part !== null);
  return `${message} (${facts.join(', ')})`;
}

/** Exit code 0 goes without saying. */
const exitText = (exitCode: number | null): string | null =>
  exitCode === null || exitCode === 0 ? null : `exit code ${exitCode}`;

const filesText = (files: number): string => (files === 1 ? '1 file' : `${countText(files)} files`);

function cancelText({ killedProcesses, proven, killed }: BuildJobEventOf<'BuildCancelled'>['data']): string | null {
  const ports = killed?.ports.length ?? 0;
  const facts = [
    killedProcesses === 0
      ? null
      : countedText(killedProcesses, { one: 'process was', many: 'processes were' }, 'ended'),
    ports === 0 ? null : countedText(ports, { one: 'port was', many: 'ports were' }, 'freed'),
    killed?.workspaceRemoved === false ? 'the workspace was not removed' : null,
    proven ? null : 'it is not proven that nothing runs on',
  ].filter((fact) => fact !== null);
  return facts.length === 0 ? null : facts.join(', ');
}

function countedText(count: number, words: { readonly one: string; readonly many: string }, done: string): string {
  return `${count} ${count === 1 ? words.one : words.many} ${done}`;
}
