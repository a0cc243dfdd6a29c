import { setTimeout as delay } from 'node:timers/promises';
import { SystemHealth } from '@yardmaster/protocol';
import type { Installation } from './installation.ts';

const POLL_MS = 100;
const PATIENCE_MS = 500;

/** What a server says of itself and of who leads; null when it says nothing. */
export async function readinessOf(url: string): Promise<SystemHealth | null> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return SystemHealth.parse(await response.json());
  } catch {
    return null;
  }
}

export interface LeadershipReport {
  /** From the loss of each leader until a server said that it leads. */
  readonly failoversMs: readonly number[];
  /** Of leaders that were paused and led on afterwards. */
  readonly resumptions: number;
  readonly changes: number;
  /** Moments at which two servers said that they lead. */
  readonly doubleClaims: number;
}

export interface LeadershipWatch {
  /** The server that leads as far as was last heard. */
  leader(): string | null;
  /** The leader was killed or paused this moment; the time until there is one again counts from here. */
  lost(id: string): void;
  stop(): Promise<LeadershipReport>;
}

export function watchLeadership(installation: Installation): LeadershipWatch {
  const stopping = new AbortController();
  const failoversMs: number[] = [];
  let leader: string | null = null;
  let loss: { readonly id: string; readonly atMs: number } | null = null;
  let [resumptions, changes, doubleClaims] = [0, 0, 0];

  async function look(): Promise<void> {
    const askedMs = performance.now();
    const servers = await Promise.all(installation.gateways().map(({ url }) => readinessOf(url)));
    const leading = servers.flatMap((each) => (each?.server.leading === true ? [each.server.id] : []));
    if (leading.length > 1) doubleClaims += 1;
    const [found] = leading;
    if (found === undefined) return;
    if (loss !== null && askedMs > loss.atMs) {
      if (found === loss.id && leading.length === 1) resumptions += 1;
      else failoversMs.push(performance.now() - loss.atMs);
      loss = null;
    }
    const next = leading.find((id) => id !== leader) ?? found;
    if (leader !== null && next !== leader) changes += 1;
    leader = next;
  }

  const watching = (async () => {
    while (!stopping.signal.aborted) {
      await look();
      await delay(POLL_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();

  return {
    leader: () => leader,
    lost(id) {
      loss = { id, atMs: performance.now() };
    },
    async stop() {
      stopping.abort();
      await watching;
      return { failoversMs, resumptions, changes, doubleClaims };
    },
  };
}
