import type { JsMsg } from '@nats-io/jetstream';
import type { Log, OrchestratorMessaging, ReceivedReport, Running, StreamMark } from '@yardmaster/application';
import { WorkerReport } from '@yardmaster/protocol';
import { handleWithRetries } from './handle-with-retries.ts';
import { createMarkTracker } from './mark-tracker.ts';
import { parseMessage, parseSpeaker } from './messages.ts';
import type { NatsLink } from './nats-connection.ts';
import { readStream } from './stream-reader.ts';
import { reportStreamDefinition } from './streams.ts';

/** Reports that are being handled at one time; the stream holds what comes beyond that. */
export const maxReportsInFlight = 256;
const markIntervalMs = 1_000;

type Options = Parameters<OrchestratorMessaging['consumeReports']>[0] & {
  readonly connection: NatsLink;
  readonly log: Log;
};

/** See {@link OrchestratorMessaging.consumeReports}. A handler that throws is called again, and holds back the mark. */
export function consumeReports({ connection, log, mark, handler, onMark }: Options): Running {
  const stopping = new AbortController();
  const tracker = createMarkTracker(mark);
  const inFlight = boundedCount(maxReportsInFlight);
  let told: StreamMark | null = mark;

  const tellMark = () => {
    const now = tracker.mark();
    if (now === null || now === told) return;
    told = now;
    try {
      onMark(now);
    } catch (error) {
      log.error({ error }, 'The listener of the report mark threw');
    }
  };
  const timer = setInterval(tellMark, markIntervalMs);

  const handle = async (received: ReceivedReport, subject: string, settle: () => void) => {
    const settled = await handleWithRetries({ handle: () => handler(received), signal: stopping.signal, log, subject });
    if (settled) settle();
    inFlight.leave();
  };
  const deliver = async (message: JsMsg, place: StreamMark) => {
    const received = parseReport(message, log);
    if (received !== null) await inFlight.enter(stopping.signal);
    if (stopping.signal.aborted) return;
    const settle = tracker.begin(place);
    if (received === null) settle();
    // Not awaited: the bound above is what holds the reader back. `handle` never rejects.
    else void handle(received, message.subject, settle);
  };

  const reader = readStream({ connection, log, definition: reportStreamDefinition, mark, deliver });
  let stopped: Promise<void> | null = null;
  const stop = async () => {
    stopping.abort();
    await reader.stop();
    await inFlight.empty();
    clearInterval(timer);
    tellMark();
  };
  return {
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

function parseReport(message: JsMsg, log: Log): ReceivedReport | null {
  const { subject, data, seq } = message;
  const speaker = parseSpeaker(subject);
  const report = parseMessage({ schema: WorkerReport, subject, data, log });
  return speaker === null || report === null ? null : { ...speaker, report, sequence: seq };
}

/** Lets one caller at a time wait for room, and one for emptiness. */
function boundedCount(limit: number) {
  let count = 0;
  let wake: () => void = () => {};
  const changed = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  return {
    enter: async (signal: AbortSignal) => {
      const abandon = () => wake();
      signal.addEventListener('abort', abandon);
      while (count >= limit && !signal.aborted) await changed();
      signal.removeEventListener('abort', abandon);
      if (!signal.aborted) count += 1;
    },
    leave: () => {
      count -= 1;
      wake();
    },
    empty: async () => {
      while (count > 0) await changed();
    },
  };
}
