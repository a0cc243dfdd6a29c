import { pause } from '../ports/clock.ts';
import type { LeaderLease, OrchestratorMessaging, Running } from '../ports/messaging.ts';
import { createHandedOnMarks } from './marks.ts';
import { type OrchestratorOptions, startOrchestrator } from './orchestrator.ts';

/** Pauses before a start that failed is tried again; they double from the first to the second. */
const firstRetryMs = 100;
const longestRetryMs = 5_000;
/** So many starts are tried, some eight seconds long, before another server gets its turn for so long. */
const mostFailedStarts = 5;
const standAsideMs = 10_000;
/** How long the read models may take to show what the last leader has appended. */
const catchUpTimeoutMs = 1_000;
/** How often a server that stands by makes the marks of the leader its own. */
const keepMarksEveryMs = 5_000;

export interface LeadOptions extends Omit<OrchestratorOptions, 'marks'> {
  readonly lease: LeaderLease;
}

/**
 * Runs the orchestrator while this server leads, one at a time: it is stopped before it is started again. A start that fails
 * is tried again a few times; then the lead is left to others for a while, who may be able to. `stop` stops it, and gives no lease back.
 */
export function leadWhileElected(options: LeadOptions): Running {
  const { lease, readModels, storeWatch, clock } = options;
  const { store, log } = storeWatch;
  const marks = createHandedOnMarks({ lease, readModels, store });
  const messaging = whileLeading(options.messaging, lease);
  const stopping = new AbortController();
  /** From the moment at which this server is elected to the one at which it leads no more. */
  let term: AbortController | null = null;
  let wake = () => {};
  const watching = lease.onChange(() => {
    if (lease.leading) term ??= new AbortController();
    else {
      term?.abort();
      term = null;
    }
    wake();
  });
  let keeping = clock.setTimer(keepMarksEveryMs, keepMarks);
  const finished = run();

  return {
    async stop() {
      stopping.abort();
      keeping.cancel();
      wake();
      await finished;
      await watching.stop();
    },
  };

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (term !== null) await serve(AbortSignal.any([term.signal, stopping.signal]));
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }

  async function serve(signal: AbortSignal): Promise<void> {
    let failures = 0;
    for (let pauseMs = firstRetryMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, longestRetryMs)) {
      try {
        await catchUp(signal);
        const orchestrator = await startOrchestrator({ ...options, messaging, marks });
        await aborted(signal);
        await orchestrator.stop();
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        log.error({ error, failures }, 'The orchestrator could not be started; it is tried again.');
        if (failures % mostFailedStarts === 0) lease.standAside(standAsideMs);
        await pause(clock, pauseMs, signal);
      }
    }
  }

  /** What the last leader has appended is known before anything is decided on it. */
  async function catchUp(signal: AbortSignal): Promise<void> {
    const last = await storeWatch.outlast(() => store.lastPosition(), signal);
    const caughtUp = last === null || (await readModels.waitFor(last, { timeoutMs: catchUpTimeoutMs }));
    if (!caughtUp) throw new Error('The read models do not show the end of the log yet.');
    signal.throwIfAborted();
  }

  function keepMarks(): void {
    try {
      if (!lease.leading) marks.keep();
    } catch (error) {
      log.warn({ error }, 'The marks of the leader could not be kept; the next ones cover them.');
    }
    keeping = clock.setTimer(keepMarksEveryMs, keepMarks);
  }
}

/**
 * A process that stood still finds out that it leads no more a moment after it goes on, and what lay in its socket comes
 * first. It grants nothing, dispatches nothing and tells no worker anything from the moment at which its lease is over.
 */
function whileLeading(messaging: OrchestratorMessaging, lease: Pick<LeaderLease, 'leading'>): OrchestratorMessaging {
  return {
    ...messaging,
    get connected() {
      return messaging.connected && lease.leading;
    },
    serveClaims: (handler) => messaging.serveClaims(async (claim) => (lease.leading ? handler(claim) : null)),
    sendControl(workerId, message) {
      if (lease.leading) messaging.sendControl(workerId, message);
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
