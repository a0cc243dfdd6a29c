import { parseArgs } from 'node:util';
import {
  type CopyProgress,
  type CopyRefusal,
  type CopyResult,
  copyEvents,
  EventStoreUnavailable,
  EventUnreadable,
  InvalidAppend,
  type Position,
} from '@yardmaster/application';
import { plain } from '../client/build-screen.ts';
import { type Command, CommandError, type CommandIo, Interrupted, UsageError } from '../command.ts';
import { createProgressLine } from '../progress-line.ts';
import {
  holdDataDir,
  isHeld,
  namedStore,
  openExistingStore,
  openOrMakeStore,
  type StoreLocation,
} from '../store-location.ts';

export const command: Command = {
  summary: 'Copy all events of one event store to another, and compare the two.',
  usage: `copy <from> <to> [options]

  A store is named by its connection string (esdb://…), its SQLite file or its data directory. Copies events only:
  uploads, outputs and logs stay in the data directory, which goes on with the copy. <to> is made where there is none. What it holds already must be the beginning of <from>: whatever broke a copy off, the same
  command goes on from there, and on a complete one it only compares.

  --json           print the result as one line of JSON`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false } },
    });
    const [source, target, ...rest] = positionals;
    if (!source || !target || rest.length > 0)
      throw new UsageError('Name two event stores, the source and the target.');
    const [from, to] = [namedStore(source, io), namedStore(target, io)];
    const { result, phasesMs } = await copyBetween(from, to, io);
    if (values.json) io.out(`${JSON.stringify({ from: from.shown, to: to.shown, ...result, phasesMs })}\n`);
    switch (result.status) {
      case 'completed':
        if (!values.json) io.out(completedText(result, phasesMs) + nextStep(from, to));
        if (result.sourceGrew) io.err(grewText);
        return 0;
      case 'interrupted':
        io.err(`Stopped after copying ${count(result.copied)}. The same command goes on from there.\n`);
        throw new Interrupted();
      case 'refused':
        throw new CommandError(
          `${plain(result.message)} Nothing${result.copied > 0 ? ' more' : ''} was copied. (${result.code})${hintTo(result.code)}`,
        );
      default:
        return result satisfies never;
    }
  },
};

const grewText = `The source got more events after the copying had caught up with it. The same command copies those too; for a copy
that is complete, stop the Yardmaster on the source first.
`;

/** How Yardmaster goes on with a copy of another kind. */
function nextStep(from: StoreLocation, { kind, shown, dataDir }: StoreLocation): string {
  if (from.kind === kind) return '';
  if (kind === 'server') return 'To go on with it, start on the same data directory with EVENTSTORE_URL set to it.\n';
  const place = dataDir ?? `the data directory, with ${shown} in it as events.sqlite and`;
  return `To go on with it, start on ${place} without EVENTSTORE_URL.\n`;
}

const hintTo = (code: CopyRefusal): string =>
  code === 'copy-target-differs'
    ? '\n  The target has to be empty or an earlier copy. A Yardmaster that was started on it once has written to it.'
    : '';

type Completed = Extract<CopyResult, { readonly status: 'completed' }>;
type PhasesMs = Readonly<Record<CopyProgress['phase'], number>>;

async function copyBetween(
  source: StoreLocation,
  target: StoreLocation,
  io: CommandIo,
): Promise<{ readonly result: CopyResult; readonly phasesMs: PhasesMs }> {
  await using opened = new AsyncDisposableStack();
  const from = opened.adopt(await openExistingStore(source), (store) => store.stop());
  if (isHeld(source)) io.err(`Yardmaster runs on ${source.dataDir}: what it adds at the end may not be copied.\n`);
  opened.defer(holdDataDir(target));
  const to = opened.adopt(await openOrMakeStore(target), (store) => store.stop());
  const screen = opened.adopt(createCopyScreen(io), ({ close }) => close());
  try {
    const result = await copyEvents({ from, to, signal: io.signal, onProgress: screen.progress });
    return { result, phasesMs: screen.phasesMs() };
  } catch (error) {
    if (error instanceof EventUnreadable) {
      throw new CommandError(
        `${plain(error.message)} One of the two is damaged there: "yardmaster verify" says which.`,
      );
    }
    if (error instanceof EventStoreUnavailable) {
      throw new CommandError(`${error.message} The same command goes on where this one stopped.`);
    }
    // A server may have been set up to accept less than the port's bounds.
    if (error instanceof InvalidAppend) throw new CommandError(`The target cannot take an event: ${error.message}`);
    throw error;
  }
}

/** Draws the progress, and keeps how long each phase took. */
function createCopyScreen(io: CommandIo) {
  const line = createProgressLine(io);
  const phasesMs = { comparing: 0, copying: 0, verifying: 0 };
  let began: { readonly progress: CopyProgress; readonly at: number } | undefined;
  const elapsedMs = () => (began === undefined ? 0 : Math.round(performance.now() - began.at));
  return {
    progress(progress: CopyProgress) {
      const isNew = began?.progress.phase !== progress.phase;
      if (began !== undefined && isNew) phasesMs[began.progress.phase] = elapsedMs();
      if (began === undefined || isNew) began = { progress, at: performance.now() };
      const since = { progress: began.progress, elapsedMs: elapsedMs() };
      line.show(() => progressText(progress, since), { isNew });
    },
    phasesMs: (): PhasesMs => ({ ...phasesMs, ...(began && { [began.progress.phase]: elapsedMs() }) }),
    close: line.close,
  };
}

const doing = {
  comparing: 'Comparing what is there',
  copying: 'Copying',
  verifying: 'Comparing all',
} as const;

function progressText(
  now: CopyProgress,
  since: { readonly progress: CopyProgress; readonly elapsedMs: number },
): string {
  const perMs = (done: number) => done / Math.max(1, since.elapsedMs);
  const facts = [count(now.events), `${number(perMs(now.events - since.progress.events) * 1_000)} per second`];
  // Where the target ends is not known before it is reached.
  if (now.phase !== 'comparing' && now.lastPosition !== null) {
    const [start, here, end] = [since.progress.position, now.position, now.lastPosition].map(distance) as Distances;
    facts.unshift(`${Math.min(100, Math.floor((100 * here) / Math.max(1, end)))} %`);
    if (here > start) facts.push(`${durationText((end - here) / perMs(here - start))} left`);
  }
  return `${doing[now.phase]}: ${facts.join(', ')}`;
}

type Distances = [start: number, here: number, end: number];

/** How far a position is from the beginning, in whatever unit its store counts. An estimate, for progress only. */
const distance = (position: Position | null): number => Number.parseInt(position ?? '0', 10);

function completedText({ events, copied, streams, digest }: Completed, phasesMs: PhasesMs): string {
  const took = phasesMs.comparing + phasesMs.copying + phasesMs.verifying;
  return `${copied === 0 ? 'Nothing was left to copy' : `Copied ${count(copied)}`} in ${durationText(took)}.
Source and target hold the same ${count(events)} of ${number(streams)} ${streams === 1 ? 'stream' : 'streams'}, in the same order, in unbroken chains.
Digest of all chains: ${digest}
`;
}

const number = (value: number): string => Math.round(value).toLocaleString('en');
const count = (events: number): string => `${number(events)} ${events === 1 ? 'event' : 'events'}`;

function durationText(ms: number): string {
  const seconds = Math.ceil(Math.max(0, ms) / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
