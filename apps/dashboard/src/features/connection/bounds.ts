/** A WebSocket that is neither open nor refused after this long counts as lost. */
export const openTimeoutMs = 4_000;
/** A connection that was open this long is good, also when nothing happened that there would be a frame about. */
export const provenAfterMs = 1_000;
/** After so long without a frame the page pings, since a browser does not tell a dead socket from a quiet one… */
export const quietMs = 5_000;
/** …and after this much more silence the socket is lost. */
export const pongTimeoutMs = 3_000;
/** The same after a sleep, a change of network or a while in the background, when a loss is likely. */
export const checkTimeoutMs = 1_000;
/** A connection that is still there so long after a check was there all the while. */
export const checkedAfterMs = 2 * checkTimeoutMs;
/** A socket that has been opening for less than this is not opened anew because of a check. */
export const freshMs = 500;

/** From so many sockets in a row on that failed before they opened, the page follows by other ways too. */
export const failuresUntilFallback = 2;
/** While such a way works, the WebSocket is tried this often. */
export const socketRetryMs = 30_000;

/** From so many failures of the event stream in a row on everything is asked for. */
export const failuresUntilPolling = 2;
export const streamOpenTimeoutMs = 4_000;
/** The server gives a sign of life every 15 s. */
export const streamSilenceMs = 20_000;
/** While asking works, the event stream is tried this often. */
export const streamRetryMs = 60_000;

/** A topic that the server cannot follow just now is subscribed to again after this; doubles each time… */
export const topicRetryMs = 250;
/** …up to this. */
export const longestTopicRetryMs = 30_000;

/** All topics have to be answered for within this time. */
export const pollTimeoutMs = 8_000;
/** After so many tries without an answer, some 20 minutes, the page stops until somebody looks at it again. */
export const maxUnansweredPolls = 200;
/** Pages of a log that are asked for in a row. */
export const maxPagesPerPoll = 100;

const firstRetryMs = 250;
const outageCapMs = 1_500;
const longestRetryMs = 15_000;
const capGrowsAfterMs = 60_000;

/**
 * Doubles from a quarter of a second, less a random third, so that many pages do not come back in one moment. In the
 * first minute of an outage it stays under 1.5 s, so that a server that was restarted is noticed within 2 s; then the
 * bound grows with the outage, to 15 s after ten minutes.
 */
export function retryDelayMs({
  failures,
  outageMs,
  random,
}: {
  readonly failures: number;
  readonly outageMs: number;
  /** From 0 to 1. */
  readonly random: number;
}): number {
  const capMs = Math.min(longestRetryMs, outageCapMs * Math.max(1, outageMs / capGrowsAfterMs));
  return backedOffMs({ firstMs: firstRetryMs, capMs, failures, random });
}

/** The same for one topic, of which nobody knows since when it is not there: failures alone count. */
export const topicRetryDelayMs = (given: { readonly failures: number; readonly random: number }): number =>
  backedOffMs({ firstMs: topicRetryMs, capMs: longestTopicRetryMs, ...given });

interface BackOff {
  readonly firstMs: number;
  readonly capMs: number;
  readonly failures: number;
  readonly random: number;
}

function backedOffMs({ firstMs, capMs, failures, random }: BackOff): number {
  const fullMs = Math.min(capMs, firstMs * 2 ** Math.min(Math.max(0, failures - 1), 10));
  return Math.round(fullMs * (1 - random / 3));
}
