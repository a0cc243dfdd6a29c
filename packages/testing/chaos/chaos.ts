import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openEventStore } from '@yardmaster/event-store/open';
import { planActs } from './acts.ts';
import { createAvailability } from './availability.ts';
import { type EventStoreUnderTest, startEventStore } from './event-store-under-test.ts';
import { judgeHistories, readEverything } from './histories.ts';
import { createInstallation } from './installation.ts';
import { createJournal, type Journal, seconds } from './journal.ts';
import { type LeadershipReport, watchLeadership } from './leadership.ts';
import { judgeQuiet, judgeStopped, listeningPorts } from './leftovers.ts';
import { type LogTap, tapLog } from './log-tap.ts';
import { type MonkeyReport, startMonkey } from './monkey.ts';
import type { ChaosOptions } from './options.ts';
import { judgePages } from './pages.ts';
import { type ProbeReport, startProbes } from './probes.ts';
import { type ProjectKind, prepareProjects } from './projects.ts';
import { createRandom, mixOf } from './random.ts';
import { judgeReadModels } from './read-model-check.ts';
import { startUploads, type Uploads } from './uploads.ts';
import { figure, holdsIf, unless, type Verdict } from './verdicts.ts';

const SLOTS = 2;
/** Uploads that may go ahead of the monkey, so that it finds builds to strike from the first act to the last. */
const HEAD_START = 6;
const PROGRESS_EVERY_MS = 10_000;
/** Builds that stand still for so long with nobody striking any more will not end. */
const STANDSTILL_MS = 150_000;
const PROBES_WANTED = 0.999;
const FAILOVER_WANTED_MS = 5_000;
/** Which share of the uploads is of which kind. */
const KINDS: Readonly<Record<ProjectKind, number>> = {
  static: 30,
  script: 36,
  stray: 14,
  vite: 5,
  'bad-install': 5,
  'bad-types': 5,
  'bad-build': 5,
};

export interface ChaosRun extends ChaosOptions {
  /** How long a probe asks one gateway after the other. */
  readonly probePatienceMs: number;
  readonly write: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface ChaosResult {
  readonly verdicts: readonly Verdict[];
  readonly holds: boolean;
  /** Where everything is; removed already when all verdicts hold, unless it was to be kept. */
  readonly folder: string;
  /** The same for whoever wants to look at it once more. */
  readonly seed: number;
}

/**
 * Runs the whole product on a data directory of its own, has it build while its processes are killed and paused, and judges
 * what is left by the log, by the read models, by the processes of this machine and by the answers of every server. What
 * is drawn follows from the seed; what the machine makes of it does not. Throws when it could not be carried through, or
 * `signal` aborts; then as well nothing goes on running, and the folder stays.
 */
export async function runChaos(run: ChaosRun): Promise<ChaosResult> {
  const { seed, keep, write } = run;
  const journal = createJournal(write);
  const folder = mkdtempSync(join(tmpdir(), 'yardmaster-chaos-'));
  write(
    `seed ${seed}: ${run.builds} builds, ${run.kills} kills, ${run.servers} servers, ${run.workers} workers, ${run.store}`,
  );
  journal.say(`everything is in ${folder}`);
  const eventStore = run.store === 'eventstoredb' ? await startEventStore(folder) : null;
  const installation = createInstallation({
    dataDir: join(folder, 'data'),
    journal,
    env: {
      YARDMASTER_SERVERS: String(run.servers),
      YARDMASTER_WORKERS: String(run.workers),
      YARDMASTER_SLOTS: String(SLOTS),
      ...(eventStore === null ? {} : { EVENTSTORE_URL: eventStore.url }),
    },
  });
  try {
    const verdicts = await inInstallation({ ...run, folder, journal, installation, eventStore });
    const holds = verdicts.every((verdict) => verdict.holds || verdict.informational);
    if (holds && !keep) rmSync(folder, { recursive: true, force: true });
    return { verdicts, holds, folder, seed };
  } catch (error) {
    await installation.abandon();
    throw error;
  } finally {
    await eventStore?.stop();
  }
}

interface Run extends ChaosRun {
  readonly folder: string;
  readonly journal: Journal;
  readonly installation: ReturnType<typeof createInstallation>;
  readonly eventStore: EventStoreUnderTest | null;
}

async function inInstallation(run: Run): Promise<readonly Verdict[]> {
  const { installation, eventStore, journal, seed, signal, folder } = run;
  const random = createRandom(seed);
  const runId = seed.toString(36);
  const token = `chaos-token-${folder.slice(-6)}`;
  const kinds = mixOf(KINDS, { total: run.builds, random });
  const acts = planActs({ kills: run.kills, hasEventStore: eventStore !== null, random });
  const make = await prepareProjects({ folder, token, kinds: new Set(kinds) });
  await installation.start();

  const availability = createAvailability();
  const location = eventStore?.url ?? join(installation.dataDir, 'events.sqlite');
  const tap = tapLog(location);
  const leadership = watchLeadership(installation);
  const probes = startProbes({ installation, availability, patienceMs: run.probePatienceMs });
  const monkey = startMonkey(acts, { installation, eventStore, availability, leadership, random, journal, signal });
  const uploads = startUploads({
    kinds,
    make,
    installation,
    tap,
    randomOf: (number) => createRandom(seed + number * 7_919),
    runId,
    released: () => Math.ceil((run.builds * (monkey.done() + 1)) / (acts.length + 1)) + HEAD_START,
    journal,
    signal,
  });
  const telling = setInterval(
    () => journal.say(progressOf({ run, uploads, tap, done: monkey.done(), acts: acts.length })),
    PROGRESS_EVERY_MS,
  );
  try {
    const [monkeyReport] = await Promise.all([monkey.finished, uploads.done]);
    journal.say('the monkey is done, and all uploads are answered; waiting for the builds to end');
    const notEnded = await untilAllEnded({ uploads, tap, signal });
    signal.throwIfAborted();
    journal.say('looking at what is left');
    const quiet = await judgeQuiet(installation, token);
    const pages = await judgePages(installation, uploads.asked);
    const probeReport = await probes.stop();
    const leaders = await leadership.stop();
    const ports = listeningPorts(installation);
    const exitCode = await installation.stop();
    const { lastCrashAt, struckBuilds } = monkeyReport;
    const stopped = await judgeStopped({ installation, token, exitCode, ports, lastCrashAt });
    await tap.stop();

    const store = await openEventStore(location);
    try {
      const recorded = await readEverything(store);
      return [
        unless('every build ended', notEnded, `${uploads.asked.length} uploads`),
        ...(await judgeHistories({ store, recorded, asked: uploads.asked, struckBuilds })),
        await judgeReadModels({ store, dataDir: installation.dataDir, folder }),
        pages,
        ...quiet,
        ...stopped,
        unless(
          'everything came back',
          [...monkeyReport.missing, ...installation.failedStarts()],
          monkeyReport.acts.text(),
        ),
        ...judgeProbes(probeReport, recorded.refusedFiles),
        ...figuresOf({ monkeyReport, leaders, pausedMs: availability.pausedMs(), probeReport, journal }),
      ];
    } finally {
      await store.stop();
    }
  } finally {
    clearInterval(telling);
    await Promise.all([probes.stop(), leadership.stop(), tap.stop()]);
  }
}

async function untilAllEnded({
  uploads,
  tap,
  signal,
}: {
  readonly uploads: Uploads;
  readonly tap: LogTap;
  readonly signal: AbortSignal;
}): Promise<readonly string[]> {
  for (;;) {
    await tap.catchUp().catch(() => {}); // asked again
    const open = uploads.open();
    if (open.length === 0 || signal.aborted) return [];
    if (performance.now() - tap.lastNewsMs() > STANDSTILL_MS) {
      return open.map(
        ({ number, kind, jobId }) => `${number} (${kind}) ${jobId}: last ${tap.lastTypes.get(jobId ?? '')}`,
      );
    }
    await delay(250);
  }
}

function judgeProbes(report: ProbeReport, recorded: ReadonlySet<string>): readonly Verdict[] {
  const { sent, succeeded, failures, refusedFiles } = report;
  const share = sent === 0 ? 1 : succeeded / sent;
  return [
    holdsIf(
      share >= PROBES_WANTED,
      `upload route: at least ${PROBES_WANTED * 100} % of probes`,
      `${(share * 100).toFixed(3)} %, ${succeeded} of ${sent}`,
      failures,
    ),
    unless(
      'every refusal that was answered is recorded',
      [...refusedFiles].filter((name) => !recorded.has(name)),
      `${refusedFiles.size} of ${recorded.size} recorded`,
    ),
  ];
}

function figuresOf({
  monkeyReport,
  leaders,
  pausedMs,
  probeReport,
  journal,
}: {
  readonly monkeyReport: MonkeyReport;
  readonly leaders: LeadershipReport;
  readonly pausedMs: number;
  readonly probeReport: ProbeReport;
  readonly journal: Journal;
}): readonly Verdict[] {
  const { killed, paused } = monkeyReport;
  const slowest = Math.max(0, ...leaders.failoversMs);
  return [
    figure('killed', killed.text()),
    figure('paused', `${paused.text()}; ${seconds(monkeyReport.pausedMs)} in all`),
    figure(
      'failover below 5 s',
      `slowest ${seconds(slowest)} of ${leaders.failoversMs.length}; ${leaders.resumptions} led on after a pause, ${leaders.changes} changes, ${leaders.doubleClaims} looks that saw two leaders`,
      slowest < FAILOVER_WANTED_MS,
    ),
    figure(
      'probes',
      `longest gap ${seconds(probeReport.longestGapMs)}, slowest answer ${seconds(probeReport.longestAnswerMs)}, none for ${seconds(pausedMs)} while nobody was meant to answer, ${probeReport.discarded} across that`,
    ),
    figure('took', seconds(journal.elapsedMs())),
  ];
}

function progressOf({
  run,
  uploads,
  tap,
  done,
  acts,
}: {
  readonly run: Run;
  readonly uploads: Uploads;
  readonly tap: LogTap;
  readonly done: number;
  readonly acts: number;
}): string {
  const { asked } = uploads;
  const ended = asked.filter(({ jobId }) => jobId !== null && tap.hasEnded(jobId)).length;
  return `-- ${asked.length} of ${run.builds} uploaded, ${ended} ended, ${done} of ${acts} acts`;
}
