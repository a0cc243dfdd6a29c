import type { Step } from '@yardmaster/domain';
import type { StepView } from '@yardmaster/protocol';
import type { Frame } from '../../shared/replay/replay-build.ts';

/**
 * The steps that began within `frames`, attempt by attempt: what the server says of them, for any moment. A step that
 * was under way when its attempt ended without a word about it counts as failed then, with the reason as its detail.
 */
export function stepViews(frames: readonly Frame[]): readonly StepView[] {
  const views: StepView[] = [];
  for (const frame of frames) {
    const { event } = frame;
    switch (event.type) {
      case 'StepStarted':
        views.push(started(event.data, frame));
        break;
      case 'StepCompleted':
      case 'StepFailed': {
        const { attempt, step } = event.data;
        const index = views.findLastIndex((view) => view.attempt === attempt && view.name === step);
        const view = views[index];
        if (view !== undefined) views[index] = ended(view, event);
        break;
      }
      case 'StepTimedOut':
        breakOff(views, frame, `It took longer than ${Math.round(event.data.timeoutMs / 1_000)} s.`);
        break;
      case 'WorkerLost':
        breakOff(views, frame, `The worker was lost: ${event.data.reason}`);
        break;
      case 'AttemptAbandoned':
        breakOff(views, frame, 'The worker gave the attempt up.');
        break;
      case 'BuildReturned':
        breakOff(views, frame, 'The worker went away and handed the build back.');
        break;
      case 'BuildCancelled':
        breakOff(views, frame, 'The build was cancelled.');
        break;
      default: // Only what begins or ends a step matters here.
    }
  }
  return views;
}

function started({ step, attempt }: { readonly step: Step; readonly attempt: number }, { atMs }: Frame): StepView {
  return {
    name: step,
    attempt,
    status: 'running',
    startedAt: new Date(atMs).toISOString(),
    durationMs: null,
    cache: 'none',
    detail: null,
    exitCode: null,
    cpuMs: null,
    peakMemoryBytes: null,
  };
}

type StepEnd = Extract<Frame['event'], { type: 'StepCompleted' | 'StepFailed' }>;

function ended(view: StepView, event: StepEnd): StepView {
  const { step, durationMs, exitCode, cpuMs, peakMemoryBytes } = event.data;
  const usage = { durationMs, exitCode, cpuMs, peakMemoryBytes };
  if (event.type === 'StepFailed') {
    return { ...view, ...usage, status: 'failed', cache: cacheOf(step, 'done'), detail: event.data.message };
  }
  const { outcome, detail } = event.data;
  const status = outcome === 'skipped' ? 'skipped' : 'completed';
  return { ...view, ...usage, status, cache: cacheOf(step, outcome), detail };
}

/** Unpacking and health checks have nothing to keep; whatever else ran without a stored result missed the cache. */
function cacheOf(step: Step, outcome: 'done' | 'cached' | 'skipped'): StepView['cache'] {
  if (outcome === 'cached') return 'hit';
  return outcome === 'skipped' || step === 'extract' || step === 'preview' ? 'none' : 'miss';
}

function breakOff(views: StepView[], { atMs }: Frame, detail: string): void {
  for (const [index, view] of views.entries()) {
    if (view.status !== 'running') continue;
    views[index] = { ...view, status: 'failed', detail, durationMs: atMs - Date.parse(view.startedAt) };
  }
}
