import { parseArgs } from 'node:util';
import {
  EventStoreUnavailable,
  type Finding,
  type FindingKind,
  type OtherVersion,
  type StoreReport,
  type VerifyProgress,
  verifyStore,
} from '@yardmaster/application';
import { plain } from '../client/build-screen.ts';
import { type Command, CommandError, type CommandIo, Interrupted, UsageError } from '../command.ts';
import { createProgressLine } from '../progress-line.ts';
import { namedStore, openExistingStore, type StoreLocation, settingsStore } from '../store-location.ts';

export const command: Command = {
  summary: 'Verify an event store: name what was changed, and what cannot be replayed.',
  usage: `verify [<store>] [options]

  A store is a connection string (esdb://…), a SQLite file or a data directory; by default the one of the settings:
  EVENTSTORE_URL, or else the local data directory. Changes nothing, and may run while Yardmaster runs.
  Ends with 0 when all is sound, with 1 when something is not. What was cut off at the end of a stream does not show.

  --json           print the result as one line of JSON`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false } },
    });
    const [name, ...rest] = positionals;
    if (name === '' || rest.length > 0) throw new UsageError('Name one event store, or none.');
    const location = name === undefined ? settingsStore(io) : namedStore(name, io);
    const report = await verify(location, io);
    io.out(values.json ? `${JSON.stringify({ store: location.shown, ...report })}\n` : reportText(location, report));
    return report.findings === 0 ? 0 : 1;
  },
};

async function verify(location: StoreLocation, io: CommandIo): Promise<StoreReport> {
  const store = await openExistingStore(location);
  const line = createProgressLine(io);
  let reached: VerifyProgress = { events: 0, streams: 0, findings: 0 };
  const onProgress = (progress: VerifyProgress) => {
    reached = progress;
    line.show(() => `Verified ${amounts(progress)}: ${counted(progress.findings, 'finding')}.`, { isNew: false });
  };
  try {
    return await verifyStore({ store, signal: io.signal, onProgress });
  } catch (error) {
    if (io.signal.aborted) throw new Interrupted();
    if (!(error instanceof EventStoreUnavailable)) throw error;
    const before = `Up to there: ${amounts(reached)}, ${counted(reached.findings, 'finding')}.`;
    throw new CommandError(`${location.shown} could not be read to its end. ${error.message} ${before}`);
  } finally {
    line.close();
    await store.stop();
  }
}

function reportText({ shown }: StoreLocation, report: StoreReport): string {
  const { events, findings, named, otherVersions, digest } = report;
  const verdict =
    findings === 0
      ? `Sound: ${amounts(report)} in ${shown}. Every chain holds, and this program reproduces every stream.`
      : `${counted(findings, 'finding')} among ${amounts(report)} in ${shown}.`;
  const unnamed = findings > named.length ? [`And ${(findings - named.length).toLocaleString('en')} more.`] : [];
  const paragraphs = [
    [verdict],
    ...findingKinds.map((kind) => paragraphOf(kind, named)),
    unnamed,
    otherVersions.map(otherVersionText),
    findings > 0 || events === 0 ? [] : [`Digest of all chains: ${digest}`],
  ];
  return `${paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** In the order in which a person should look at them: what each is, and what to do about it. */
const meanings: Readonly<Record<FindingKind, string>> = {
  'broken-link':
    'Changed, moved or missing events. The log is not what was recorded: find out who or what wrote to the store, and restore it from a backup or a copy.',
  unreadable:
    'No events. The store is damaged or was written to by something else: restore it from a backup or a copy.',
  drift:
    'Streams that this program does not reproduce. Their events are what was recorded: run the version of Yardmaster that wrote them, or a newer one; until then these streams are set aside.',
  'unknown-category':
    'Streams that this program does not know. A newer version of Yardmaster, or another program, wrote them: verify with that version.',
};
const findingKinds = Object.keys(meanings) as readonly FindingKind[]; // `meanings` names every kind and nothing else

function paragraphOf(kind: FindingKind, named: readonly Finding[]): readonly string[] {
  const found = named.filter((finding) => finding.kind === kind);
  // What stands in a store that was tampered with must not act on the terminal.
  const lines = found.map(({ stream, revision, reason }) => plain(`  ${stream}, revision ${revision}: ${reason}`));
  return lines.length === 0 ? [] : [meanings[kind], ...lines];
}

function otherVersionText({ kind, of, version, current, events }: OtherVersion): string {
  const what = kind === 'model' ? `by version ${version} of the model "${of}"` : `in version ${version} of "${of}"`;
  const age = version < current ? 'older' : 'newer';
  return plain(`${counted(events, 'event')} recorded ${what}, which is ${age} than this program's ${current}.`);
}

const amounts = ({ events, streams }: Pick<VerifyProgress, 'events' | 'streams'>) =>
  `${counted(events, 'event')} in ${counted(streams, 'stream')}`;

const counted = (count: number, what: string) => `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
