import { type EventStore, type RecordedEvent, verifyStore } from '@yardmaster/application';
import { isTerminal } from '@yardmaster/domain';
import { failsIn } from './projects.ts';
import type { Asked } from './uploads.ts';
import { figure, unless, type Verdict } from './verdicts.ts';

const PAGE_EVENTS = 1_000;

export type History = readonly RecordedEvent[];

/** All events of builds, by job, and what was refused of uploads. */
export interface Recorded {
  readonly builds: ReadonlyMap<string, History>;
  readonly refusedFiles: ReadonlySet<string>;
  readonly events: number;
}

export async function readEverything(store: EventStore): Promise<Recorded> {
  const builds = new Map<string, RecordedEvent[]>();
  const refusedFiles = new Set<string>();
  let events = 0;
  for (let after: RecordedEvent['position'] | undefined; ; ) {
    const page = await store.readAll({ limit: PAGE_EVENTS, ...(after !== undefined && { after }) });
    for (const event of page) {
      events += 1;
      const [, jobId] = /^buildJob-(.+)$/.exec(event.stream) ?? [];
      if (jobId !== undefined) builds.set(jobId, [...(builds.get(jobId) ?? []), event]);
      if (event.type === 'UploadRefused') refusedFiles.add(String(dataOf(event).fileName));
    }
    after = page.at(-1)?.position;
    if (after === undefined) return { builds, refusedFiles, events };
  }
}

/** Parsed by whoever reads it: only single fields are looked at here. */
const dataOf = (event: RecordedEvent): Readonly<Record<string, unknown>> =>
  event.data as Readonly<Record<string, unknown>>;

/** What the log itself has to show, whatever happened to the processes. */
export async function judgeHistories({
  store,
  recorded,
  asked,
  struckBuilds,
}: {
  readonly store: EventStore;
  readonly recorded: Recorded;
  readonly asked: readonly Asked[];
  readonly struckBuilds: ReadonlySet<string>;
}): Promise<readonly Verdict[]> {
  const { builds } = recorded;
  const acknowledged = asked.flatMap((upload) => (upload.jobId === null ? [] : [{ ...upload, jobId: upload.jobId }]));
  const jobIds = new Set(acknowledged.map(({ jobId }) => jobId));
  const ends = countBy(acknowledged.map(({ jobId }) => builds.get(jobId)?.at(-1)?.type ?? 'missing'));
  const judged = acknowledged.map((upload) => judgeEnd(upload, builds.get(upload.jobId) ?? [], struckBuilds));
  const report = await verifyStore({ store });
  return [
    unless(
      'every upload was acknowledged',
      asked.flatMap(({ number, kind, jobId, refusal }) => (jobId === null ? [`${number} (${kind}): ${refusal}`] : [])),
      `${acknowledged.length} of ${asked.length}, ${asked.filter(({ attempts }) => attempts > 1).length} after more than one request`,
    ),
    unless(
      'nothing acknowledged is missing',
      [...jobIds].filter((jobId) => !builds.has(jobId)),
      `${jobIds.size} builds`,
    ),
    unless(
      'no build that nobody asked for, and none asked for twice',
      [
        ...[...builds.keys()].filter((jobId) => !jobIds.has(jobId)),
        ...acknowledged.map(({ jobId }) => jobId).filter((jobId, index, all) => all.indexOf(jobId) !== index),
      ],
      `${builds.size} streams`,
    ),
    unless(
      'every build has exactly one end, its last event',
      [...builds].flatMap(([jobId, history]) => wrongEnd(jobId, history)),
      ends,
    ),
    unless(
      'no attempt was claimed twice',
      [...builds].flatMap(([jobId, history]) => doubleClaims(jobId, history)),
      `${[...builds.values()].flat().filter(({ type }) => type === 'BuildClaimed').length} attempts`,
    ),
    unless(
      'every build ended as it had to',
      judged.flatMap(({ wrong }) => wrong),
      countBy(judged.map(({ how }) => how)),
    ),
    unless(
      'chains hold and every stream replays',
      report.named.map(({ kind, stream, revision, reason }) => `${kind} ${stream}@${revision}: ${reason}`),
      `${report.events} events of ${report.streams} streams`,
    ),
    figure('lost attempts', lossesOf([...builds.values()].flat())),
  ];
}

function wrongEnd(jobId: string, history: History): readonly string[] {
  const last = history.at(-1);
  const terminals = history.filter(isTerminal);
  if (last !== undefined && terminals.length === 1 && terminals[0] === last) return [];
  return [`${jobId}: ${typesOf(history)}`];
}

function doubleClaims(jobId: string, history: History): readonly string[] {
  const attempts = history.filter(({ type }) => type === 'BuildClaimed').map((event) => dataOf(event).attempt);
  return new Set(attempts).size === attempts.length ? [] : [`${jobId}: attempts ${attempts.join(', ')}`];
}

/**
 * A cancel that was accepted ends the build; a project that is at fault fails in its step; every other one completes, or
 * fails by what the monkey did, and the events have to show it: workers lost again and again, or a killed process.
 */
function judgeEnd(
  { number, kind, jobId, cancel }: Asked & { readonly jobId: string },
  history: History,
  struckBuilds: ReadonlySet<string>,
): { readonly how: string; readonly wrong: readonly string[] } {
  const last = history.at(-1);
  const losses = history.filter(({ type }) => type === 'WorkerLost').length;
  const wrong = (how: string) => ({
    how,
    wrong: [
      `${number} (${kind}${cancel === null ? '' : `, cancel ${cancel}`}) ${jobId}: ${typesOf(history)} ${failureText(last)}`,
    ],
  });
  const right = (how: string) => ({ how, wrong: [] });
  if (cancel === 'accepted') {
    return last?.type === 'BuildCancelled' ? right('cancelled') : wrong('cancelled in vain');
  }
  switch (last?.type) {
    case 'BuildCompleted':
      return failsIn(kind) === null ? right('completed') : wrong('completed against its nature');
    case 'BuildFailed': {
      const { code, step } = dataOf(last);
      if ((code === 'worker-lost' || code === 'poison-build') && losses >= 2) return right(`lost (${code})`);
      if (failsIn(kind) !== null && step === failsIn(kind)) return right('failed by its own fault');
      return struckBuilds.has(jobId) ? right('failed by a killed process') : wrong('failed for no reason');
    }
    default:
      return wrong(last === undefined ? 'missing' : 'not ended, or cancelled by nobody');
  }
}

const typesOf = (history: History): string => history.map(({ type }) => type).join(' ') || 'no event';

const failureText = (event: RecordedEvent | undefined): string =>
  event?.type === 'BuildFailed' ? JSON.stringify({ ...dataOf(event), annotations: undefined }).slice(0, 400) : '';

function lossesOf(events: History): string {
  const count = (type: string) => events.filter((event) => event.type === type).length;
  const deadLetters = events.filter(
    (event) => event.type === 'BuildFailed' && dataOf(event).deadLetter === true,
  ).length;
  return `WorkerLost ${count('WorkerLost')}, RetryScheduled ${count('RetryScheduled')}, dead letters ${deadLetters}`;
}

function countBy(names: readonly string[]): string {
  const counts = Map.groupBy(names, (name) => name);
  return [...counts].map(([name, all]) => `${name} ${all.length}`).join(', ');
}
