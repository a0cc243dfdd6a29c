import type { Clock, Log, ReadModels, Running, StoreWatch } from '@yardmaster/application';
import {
  type HealthProblem,
  type HealthProblemCode,
  healthProblemCodes,
  type SystemHealth,
} from '@yardmaster/protocol';
import type { FleetView, Leadership } from '../gateway-parts.ts';
import { describeProblem } from './describe-problems.ts';
import { type Facts, type Finding, findProblems, statusOf } from './find-problems.ts';
import type { ClockWatch } from './watch-clock.ts';
import type { DiskWatch } from './watch-disk.ts';

const lookEveryMs = 500;
/** How often the store is asked where its log ends, to compare the read models with; a remote one is a round trip. */
const compareEveryMs = 3_000;
/** How long the store may take to answer, and the read models to catch up, before it counts. */
const compareTimeoutMs = 2_000;
/** A problem that comes back sooner was not over: an event store that fails every other call is one outage. */
const overAfterMs = 1_000;
/** How long it is told that read models were made anew. */
const rebuiltToldForMs = 10 * 60_000;

/** What mends itself sooner is told to nobody: it would only flicker. `look` says it all the same. */
const tellAfterMs: Readonly<Record<HealthProblemCode, number>> = {
  'event-store-unavailable': 1_000, // one call that failed, or a server that was just started again
  'read-models-behind': 0, // has been so for two seconds when it is found
  'disk-full': 0, // uploads are refused from this moment on
  'messaging-unavailable': 2_000, // nats-server is started again within one second
  'no-leader': 5_000, // another server takes over within this
  'no-workers': 5_000, // a worker is started again within two seconds, and a whole product within five
  'disk-low': 0,
  'read-models-rebuilt': 0,
  'clock-jumped': 0,
};

/** Everything that health is made of, as it is at this moment. */
export interface Readiness extends SystemHealth {
  readonly store: Facts['store'];
  readonly messagingConnected: boolean;
  readonly workers: Facts['workers'];
}

export interface SystemHealthWatch extends Running {
  /** Asks the store and compares, so it takes up to a few seconds where something is wrong. */
  look(): Promise<Readiness>;
  /** What people are told: without what lasted for a moment only. */
  told(): SystemHealth;
  /** Called with each change of what is told. Listeners must be quick. */
  onChange(listener: (health: SystemHealth) => void): Running;
}

export interface SystemHealthOptions {
  readonly storeWatch: Pick<StoreWatch, 'store' | 'isAway' | 'outage'>;
  readonly readModels: Pick<ReadModels, 'waitFor'>;
  /** Why the read models were made anew when this server started; null when they were not. */
  readonly rebuilt: string | null;
  readonly messaging: { readonly connected: boolean };
  readonly leadership: Leadership;
  readonly fleet: FleetView;
  readonly disk: Pick<DiskWatch, 'level'>;
  readonly clockWatch: Pick<ClockWatch, 'jump'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Knows what is wrong with this server and what it stands on, and since when. */
export function watchSystemHealth(options: SystemHealthOptions): SystemHealthWatch {
  const { storeWatch, readModels, messaging, leadership, fleet, disk, clockWatch, clock, log } = options;
  const startedAtMs = clock.monotonicMs();
  const seen = new Map<HealthProblemCode, { readonly since: string; readonly sinceMs: number; lastMs: number }>();
  const listeners = new Set<{ readonly listener: (health: SystemHealth) => void }>();
  let storeAnswers = true;
  let isBehind = false;
  let told: readonly HealthProblem[] = [];
  let toldText = '';
  let comparing: Promise<void> | null = null;
  let comparedAtMs = startedAtMs;
  let timer = clock.setTimer(lookEveryMs, tick);
  tell(notice());

  return {
    async look() {
      await compare();
      const facts = factsNow();
      const { store, messagingConnected, workers } = facts;
      return { ...healthOf(notice(facts).map(problemOf)), store, messagingConnected, workers };
    },
    told: () => healthOf(told),
    onChange(listener) {
      const entry = { listener };
      listeners.add(entry);
      return {
        async stop() {
          listeners.delete(entry);
        },
      };
    },
    async stop() {
      timer.cancel();
      listeners.clear();
      await comparing;
    },
  };

  function tick(): void {
    timer = clock.setTimer(lookEveryMs, tick);
    if (clock.monotonicMs() - comparedAtMs >= compareEveryMs) void compare();
    tell(notice());
  }

  /** Whether the store answers, and the read models reflect what it had then. Never rejects; callers share one. */
  function compare(): Promise<void> {
    comparing ??= compareOnce().finally(() => {
      comparing = null;
      comparedAtMs = clock.monotonicMs();
    });
    return comparing;
  }

  async function compareOnce(): Promise<void> {
    if (storeWatch.outage() !== null) {
      storeAnswers = true; // The outage says more.
      isBehind = false; // They show what there was before.
      return;
    }
    const late = Promise.withResolvers<never>();
    const timeout = clock.setTimer(compareTimeoutMs, () => late.reject(new Error('The event store does not answer.')));
    try {
      const last = await Promise.race([storeWatch.store.lastPosition(), late.promise]);
      storeAnswers = true;
      isBehind = last !== null && !(await readModels.waitFor(last, { timeoutMs: compareTimeoutMs }));
    } catch {
      storeAnswers = false;
    } finally {
      timeout.cancel();
    }
  }

  function factsNow(): Facts {
    return {
      store: storeNow(),
      readModels: {
        behind: isBehind && storeWatch.outage() === null,
        rebuilt: clock.monotonicMs() - startedAtMs < rebuiltToldForMs ? options.rebuilt : null,
      },
      disk: disk.level(),
      messagingConnected: messaging.connected,
      leader: leadership.leader(),
      workers: { online: fleet.workers(), slots: fleet.liveSlots() },
      clockJumpMs: clockWatch.jump(),
    };
  }

  function storeNow(): Facts['store'] {
    const outage = storeWatch.outage();
    if (outage !== null) return { state: 'away', reason: outage.reason };
    return { state: storeAnswers && !storeWatch.isAway ? 'ok' : 'fails' };
  }

  /** Remembers since when each problem has been there. */
  function notice(facts = factsNow()): readonly Finding[] {
    const findings = findProblems(facts);
    const nowMs = clock.monotonicMs();
    for (const { code } of findings) {
      const entry = seen.get(code);
      if (entry === undefined) seen.set(code, { since: clock.now().toISOString(), sinceMs: nowMs, lastMs: nowMs });
      else entry.lastMs = nowMs;
    }
    for (const [code, { lastMs }] of seen) if (nowMs - lastMs >= overAfterMs) seen.delete(code);
    return findings;
  }

  function tell(findings: readonly Finding[]): void {
    const isOverdue = ({ code }: Finding) => lastedMs(code) >= tellAfterMs[code];
    const present = findings.filter(isOverdue).map(problemOf);
    const kept = told.filter(({ code }) => seen.has(code) && !present.some((problem) => problem.code === code));
    told = healthProblemCodes.flatMap((code) => [...present, ...kept].find((problem) => problem.code === code) ?? []);
    const health = healthOf(told);
    const text = JSON.stringify(health);
    if (text === toldText) return;
    const isFirst = toldText === '';
    toldText = text;
    const { status, problems } = health;
    if (!isFirst) log.info({ status, problems: problems.map(({ code }) => code) }, 'health changed');
    for (const { listener } of [...listeners]) listener(health);
  }

  function lastedMs(code: HealthProblemCode): number {
    const entry = seen.get(code);
    return entry === undefined ? 0 : clock.monotonicMs() - entry.sinceMs;
  }

  function problemOf(finding: Finding): HealthProblem {
    const { code } = finding;
    const since = seen.get(code)?.since ?? clock.now().toISOString();
    return { code, ...describeProblem(finding), since };
  }

  function healthOf(problems: readonly HealthProblem[]): SystemHealth {
    const { serverId: id } = leadership;
    const server = { id, leading: leadership.leading(), leader: leadership.leader() };
    return { status: statusOf(problems), problems: [...problems], server };
  }
}
