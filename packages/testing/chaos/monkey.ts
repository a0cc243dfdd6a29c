import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Act } from './acts.ts';
import type { Availability } from './availability.ts';
import type { EventStoreUnderTest } from './event-store-under-test.ts';
import type { Installation } from './installation.ts';
import { createTally, type Journal, seconds, type Tally } from './journal.ts';
import { type LeadershipWatch, readinessOf } from './leadership.ts';
import type { Random } from './random.ts';
import { signalVictim, type Victim, variableOf, victimOf } from './victims.ts';

const PAUSE_BETWEEN_ACTS_MS = { min: 200, max: 2_200 };
const STOPPED_MS = { min: 500, max: 8_000 };
/** A process that is to be struck and does not run just now is waited for so long. */
const VICTIM_PATIENCE_MS = 5_000;
/** A server that was struck answers again within this time, or something is wrong with it. */
const RETURN_PATIENCE_MS = 90_000;
const POLL_MS = 100;

export interface MonkeyReport {
  /** Processes by kind. */
  readonly killed: Tally;
  readonly paused: Tally;
  readonly acts: Tally;
  readonly pausedMs: number;
  /** Builds of which a process was killed: they may fail by that. */
  readonly struckBuilds: ReadonlySet<string>;
  /** When a server was last killed, or everything: what crashed writers leave behind is older. */
  readonly lastCrashAt: Date;
  /** What did not come back. */
  readonly missing: readonly string[];
}

export interface Monkey {
  /** Acts done so far. */
  done(): number;
  readonly finished: Promise<MonkeyReport>;
}

interface Surroundings {
  readonly installation: Installation;
  readonly eventStore: EventStoreUnderTest | null;
  readonly availability: Availability;
  readonly leadership: LeadershipWatch;
  readonly random: Random;
  readonly journal: Journal;
  readonly signal: AbortSignal;
}

/**
 * Does one act after the other, with a random time between them; pauses go on meanwhile. Takes a server only while all
 * others answer, so that outside of rounds that end everything at least one is there for uploads; where it cannot be so
 * (one server, no event store) it says that nobody is meant to be.
 */
export function startMonkey(acts: readonly Act[], surroundings: Surroundings): Monkey {
  const { installation, eventStore, availability, leadership, random, journal, signal } = surroundings;
  const [killed, paused, counted] = [createTally(), createTally(), createTally()];
  const struckBuilds = new Set<string>();
  const missing: string[] = [];
  const returning = new Map<string, Promise<void>>();
  const resuming = new Set<Promise<void>>();
  let [done, pausedMs, lastCrashAt] = [0, 0, new Date(0)];

  const names = (prefix: string): readonly string[] =>
    Object.keys(installation.children()).filter((name) => name.startsWith(prefix));

  async function perform(act: Act): Promise<void> {
    const [verb] = act.split(' ');
    const strike = verb === 'kill' ? kill : pause;
    switch (act) {
      case 'kill server':
      case 'pause server':
        return strikeServer(random.pick(installation.gateways()).id, strike);
      case 'kill leader':
      case 'pause leader':
        return strikeServer('leader', strike);
      case 'kill worker':
      case 'pause worker':
        return strike([await runningChild('worker')]);
      case 'kill nats-server':
      case 'pause nats-server':
        return strike([await runningChild('nats-server')]);
      case 'kill build':
      case 'pause build':
        return strikeBuild(strike);
      case 'kill several':
      case 'pause several': {
        const workers = random.shuffled(names('worker')).slice(0, random.between(1, 2));
        const others = [...workers, ...(random.chance(0.4) ? ['nats-server'] : [])].map(childNamed);
        return random.chance(0.6) ? strikeServer('leader', strike, others) : strike(others);
      }
      case 'pause supervisor':
        return pause([{ name: 'supervisor', pid: installation.supervisorPid() }]);
      case 'kill supervisor':
        return endEverything(() => kill([{ name: 'supervisor', pid: installation.supervisorPid() }]));
      case 'kill everything':
        return endEverything(killEverything);
      case 'kill everything, delete streams':
        return endEverything(async () => {
          await killEverything();
          rmSync(join(installation.dataDir, 'nats', 'store'), { recursive: true, force: true });
          journal.say('deleted the store directory of JetStream');
        });
      case 'kill event-store':
      case 'pause event-store':
        return strikeEventStore(act);
      default:
        return act satisfies never;
    }
  }

  interface Named {
    readonly name: string;
    readonly pid: number;
  }
  const childNamed = (name: string): Named => ({ name, pid: installation.children()[name] ?? 0 });
  const kindOf = (name: string): string => name.replace(/-\d+$/, '');

  async function runningChild(prefix: string): Promise<Named> {
    const deadlineMs = performance.now() + VICTIM_PATIENCE_MS;
    for (;;) {
      const found = names(prefix);
      if (found.length > 0) return childNamed(random.pick(found));
      if (performance.now() > deadlineMs) return { name: prefix, pid: 0 };
      await delay(POLL_MS);
    }
  }

  async function kill(victims: readonly Named[]): Promise<void> {
    for (const { name, victim } of present(victims)) {
      if (!signalVictim(victim, 'SIGKILL')) continue;
      killed.add(kindOf(name));
      if (name.startsWith('server')) lastCrashAt = new Date();
      journal.say(`SIGKILL ${name} (process ${victim.pid})`);
    }
  }

  /** Goes on while they are stopped; resolves once they are. */
  async function pause(victims: readonly Named[]): Promise<void> {
    const durationMs = random.between(STOPPED_MS.min, STOPPED_MS.max);
    for (const { name, victim } of present(victims)) {
      if (!signalVictim(victim, 'SIGSTOP')) continue;
      paused.add(kindOf(name));
      pausedMs += durationMs;
      journal.say(`SIGSTOP ${name} (process ${victim.pid}) for ${seconds(durationMs)}`);
      const resumed: Promise<void> = delay(durationMs).then(() => {
        resuming.delete(resumed);
        if (signalVictim(victim, 'SIGCONT')) journal.say(`SIGCONT ${name} (process ${victim.pid})`);
      });
      resuming.add(resumed);
    }
  }

  function present(victims: readonly Named[]): readonly { readonly name: string; readonly victim: Victim }[] {
    return victims.flatMap(({ name, pid }) => {
      const victim = pid === 0 ? null : victimOf(pid);
      if (victim === null) journal.say(`${name} does not run just now`);
      return victim === null ? [] : [{ name, victim }];
    });
  }

  async function strikeServer(
    wanted: string,
    strike: (victims: readonly Named[]) => Promise<void>,
    others: readonly Named[] = [],
  ): Promise<void> {
    await Promise.all(returning.values());
    const leader = leadership.leader();
    const id = wanted === 'leader' ? (leader ?? 'server') : wanted;
    const gateway = installation.gateways().find((each) => each.id === id);
    if (gateway === undefined) return;
    const resume = installation.gateways().length === 1 ? availability.pause() : () => {};
    if (id === leader) leadership.lost(id);
    const wasPaused = resuming.size;
    await strike([childNamed(id), ...others]);
    const stillPaused = resuming.size > wasPaused ? [...resuming] : [];
    const returned = Promise.all(stillPaused)
      .then(() => untilAnswers(id))
      .finally(() => {
        returning.delete(id);
        resume();
      });
    returning.set(id, returned);
  }

  async function untilAnswers(id: string): Promise<void> {
    const deadlineMs = performance.now() + RETURN_PATIENCE_MS;
    while (!signal.aborted) {
      const url = installation.gateways().find((each) => each.id === id)?.url;
      const readiness = url === undefined ? null : await readinessOf(url);
      if (readiness !== null && readiness.status !== 'unavailable') return;
      if (performance.now() > deadlineMs) {
        missing.push(`${id} did not answer within ${seconds(RETURN_PATIENCE_MS)}`);
        journal.say(missing.at(-1) ?? '');
        return;
      }
      await delay(POLL_MS);
    }
  }

  async function strikeBuild(strike: (victims: readonly Named[]) => Promise<void>): Promise<void> {
    const deadlineMs = performance.now() + VICTIM_PATIENCE_MS;
    let found = installation.buildProcesses();
    while (found.length === 0 && performance.now() < deadlineMs && !signal.aborted) {
      await delay(POLL_MS);
      found = installation.buildProcesses();
    }
    if (found.length === 0) return journal.say('no build runs just now');
    const pid = random.pick(found);
    const job = variableOf(pid, 'YARDMASTER_BUILD_JOB')?.split('/')[0] ?? 'unknown';
    if (strike === kill) struckBuilds.add(job);
    journal.say(`a process of build ${job}:`);
    await strike([{ name: 'build', pid }]);
  }

  async function killEverything(): Promise<void> {
    const children = Object.keys(installation.children()).map(childNamed);
    await kill([{ name: 'supervisor', pid: installation.supervisorPid() }, ...random.shuffled(children)]);
  }

  /** Ends all of it, then starts it again on the same data. */
  async function endEverything(end: () => Promise<void>): Promise<void> {
    await Promise.all(returning.values());
    const resume = availability.pause();
    await end();
    lastCrashAt = new Date();
    await delay(random.between(0, 1_000));
    await installation.start();
    lastCrashAt = new Date();
    await Promise.all(installation.gateways().map(({ id }) => untilAnswers(id)));
    resume();
  }

  async function strikeEventStore(act: 'kill event-store' | 'pause event-store'): Promise<void> {
    if (eventStore === null) return;
    const resume = availability.pause();
    const victim = { name: 'event-store', pid: eventStore.pid() };
    if (act === 'kill event-store') {
      await kill([victim]);
      await delay(random.between(STOPPED_MS.min, STOPPED_MS.max));
      await eventStore.startAgain();
      journal.say(`the event store runs again (process ${eventStore.pid()})`);
    } else {
      await pause([victim]);
      await Promise.all(resuming);
    }
    await Promise.all(installation.gateways().map(({ id }) => untilAnswers(id)));
    resume();
  }

  const finished = (async () => {
    for (const act of acts) {
      if (signal.aborted) break;
      await delay(random.between(PAUSE_BETWEEN_ACTS_MS.min, PAUSE_BETWEEN_ACTS_MS.max));
      await perform(act);
      counted.add(act);
      done += 1;
    }
    await Promise.all([...resuming, ...returning.values()]);
    return { killed, paused, acts: counted, pausedMs, struckBuilds, lastCrashAt, missing };
  })();
  return { done: () => done, finished };
}
