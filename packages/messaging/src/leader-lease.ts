import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import { type Clock, type LeaderLease, type Log, leaseNoteLimits, systemClock } from '@yardmaster/application';
import { ensureLeaderBucket, type LeaseEntry, type LeaseValue, readLease, writeLease } from './lease-entry.ts';
import type { NatsLink } from './nats-connection.ts';
import { isGone, thisProcess } from './process-on-this-machine.ts';
import { runWhileConnected } from './run-while-connected.ts';

/** A leader leads so long after it last asked for a renewal, and the others bear its silence so long. */
export const leaderLeaseMs = 2_500;
const lookEveryMs = 500;
/** A look that comes so long after the last one was held up with its process: the silence may have been its own. */
const heldUpAfterMs = 1_250;

export interface LeaderLeaseOptions {
  readonly connection: NatsLink;
  readonly log: Log;
  /** How this server is called. Two of one name do not take each other's lease for their own. */
  readonly candidate: string;
  readonly clock?: Clock;
}

/**
 * A lease in a key-value bucket of NATS that every candidate looks at twice a second. Each write names the sequence that
 * it replaces, so only one of those who try gets it. No clock is compared with another: the leader counts from the moment
 * at which it asked for a renewal, the others from the moment at which they saw it, which is later; and who could not
 * look, since it or its connection stood still, counts from the beginning. A lease that was given back is taken at once,
 * and so is that of a process of this machine that is no more. A bucket that is gone is made again.
 */
export function createLeaderLease(options: LeaderLeaseOptions): LeaderLease {
  const { connection, log, candidate, clock = systemClock } = options;
  const session = randomUUID();
  const listeners = new Set<() => void>();
  let notes: LeaseValue['notes'] = {};
  let leader: string | null = null;
  /** When it was last heard of. */
  let leaderKnownAtMs = Number.NEGATIVE_INFINITY;
  /** Our own lease: what the last write is numbered, and until when it counts. */
  let held: { readonly sequence: number; readonly untilMs: number } | null = null;
  /** What stands there, since when, and when it was last looked at. */
  let seen: { readonly sequence: number; readonly sinceMs: number; readonly lookedAtMs: number } | null = null;
  let asideUntilMs = Number.NEGATIVE_INFINITY;
  let expiry = { cancel() {} };
  let told: { readonly leading: boolean; readonly leader: string | null } = { leading: false, leader };
  let stopped: Promise<void> | null = null;

  const running = runWhileConnected({ connection, log, name: 'Keeping the leader lease', work: takePart });
  return {
    get leading() {
      return isLeading();
    },
    get leader() {
      return knownLeader();
    },
    onChange(listener) {
      // A function of its own, so that a listener registered twice is called twice and stopped apart.
      const call = () => listener();
      listeners.add(call);
      tellOne(call);
      return { stop: async () => void listeners.delete(call) };
    },
    note(name, value) {
      if (!isLeading()) return;
      const next = { ...notes, [name]: value };
      const { names, nameLength, valueLength } = leaseNoteLimits;
      if (name.length > nameLength || value.length > valueLength || Object.keys(next).length > names) {
        throw new TypeError(`Too much for a note of the leader: ${name.slice(0, nameLength)}`);
      }
      notes = next;
    },
    noted: (name) => notes[name] ?? null,
    standAside(forMs) {
      asideUntilMs = clock.monotonicMs() + forMs;
    },
    stop() {
      stopped ??= giveBack();
      return stopped;
    },
  };

  /** Of a leader of whom nothing could be heard for the length of a lease nobody knows whether it leads. */
  function knownLeader(): string | null {
    return isLeading() || clock.monotonicMs() - leaderKnownAtMs < leaderLeaseMs ? leader : null;
  }

  function isLeading(): boolean {
    return held !== null && clock.monotonicMs() < held.untilMs;
  }

  async function takePart(client: NatsConnection, signal: AbortSignal): Promise<void> {
    seen = null;
    tell(); // also that the leader is not known any more, where nothing is answered
    await ensureLeaderBucket(client);
    for (;;) {
      tell(); // A lease that ran out meanwhile is over, even if we get it again.
      // Never left half-way, and bounded by itself: at a stop it is known what we hold.
      await (isLeading() ? renewOrResign(client) : apply(client));
      tell();
      await delay(nextLookMs(), undefined, { signal });
    }
  }

  function isAside(): boolean {
    return clock.monotonicMs() < asideUntilMs;
  }

  async function renewOrResign(client: NatsConnection): Promise<void> {
    const untilMs = clock.monotonicMs() + leaderLeaseMs;
    const resigns = isAside();
    const sequence = await replaceOurs(client, resigns ? null : candidate);
    if (sequence !== null && !resigns) return hold(sequence, untilMs);
    held = null;
    look(await readLease(client, log));
  }

  /** Null when somebody else has the lease. */
  async function replaceOurs(client: NatsConnection, name: string | null): Promise<number | null> {
    if (held === null) return null;
    const value = { leader: name, session, process: thisProcess, notes };
    const sequence = await writeLease(client, value, held.sequence);
    if (sequence !== null) return sequence;
    // Our last write may stand there with its answer lost, or nothing of a server's: the bucket may be a new one.
    const there = await readLease(client, log);
    const isOurs = there.value === null || there.value.session === session;
    return isOurs ? writeLease(client, value, there.sequence) : null;
  }

  async function apply(client: NatsConnection): Promise<void> {
    const entry = await readLease(client, log);
    look(entry);
    if (isAside() || !isFree(entry)) return;
    const untilMs = clock.monotonicMs() + leaderLeaseMs;
    const value = { leader: candidate, session, process: thisProcess, notes };
    const sequence = await writeLease(client, value, entry.sequence);
    if (sequence !== null) hold(sequence, untilMs);
  }

  function look({ sequence, value }: LeaseEntry): void {
    const nowMs = clock.monotonicMs();
    const isStill = seen?.sequence === sequence && nowMs - seen.lookedAtMs <= heldUpAfterMs;
    seen = { sequence, sinceMs: isStill && seen !== null ? seen.sinceMs : nowMs, lookedAtMs: nowMs };
    if (value === null) return;
    notes = value.notes;
    leader = value.leader;
    leaderKnownAtMs = nowMs;
  }

  function isFree({ sequence, value }: LeaseEntry): boolean {
    const isSilent = seen !== null && clock.monotonicMs() - seen.sinceMs >= leaderLeaseMs;
    // Whoever led when the bucket went may lead still, and writes into the new one.
    if (value === null) return (sequence === 0 && leader === null) || isSilent;
    return value.leader === null || value.session === session || isSilent || isGone(value.process);
  }

  function hold(sequence: number, untilMs: number): void {
    held = { sequence, untilMs };
    leader = candidate;
    expiry.cancel();
    expire();
  }

  /** Tells those who listen when the lease is over, also where no connection is. */
  function expire(): void {
    if (held !== null && isLeading()) {
      expiry = clock.setTimer(held.untilMs - clock.monotonicMs(), expire);
    } else {
      leader = null;
      tell();
    }
  }

  function nextLookMs(): number {
    if (isLeading() || seen === null) return lookEveryMs;
    const bornForMs = clock.monotonicMs() - seen.sinceMs;
    return bornForMs < leaderLeaseMs ? Math.min(lookEveryMs, leaderLeaseMs - bornForMs) : lookEveryMs;
  }

  async function giveBack(): Promise<void> {
    await running.stop();
    expiry.cancel();
    const { client } = connection;
    if (client !== null && isLeading()) {
      const writing = replaceOurs(client, null);
      await writing.catch((error) => log.warn({ error }, 'The leader lease could not be given back; it runs out.'));
    }
    if (held !== null) leader = null;
    held = null;
    tell();
    listeners.clear();
  }

  function tell(): void {
    const now = { leading: isLeading(), leader: knownLeader() };
    if (now.leading === told.leading && now.leader === told.leader) return;
    if (now.leading !== told.leading) log.info({ candidate }, now.leading ? 'Leads now.' : 'Leads no more.');
    told = now;
    for (const listener of [...listeners]) tellOne(listener);
  }

  function tellOne(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      log.error({ error }, 'A listener of the leader lease threw');
    }
  }
}
