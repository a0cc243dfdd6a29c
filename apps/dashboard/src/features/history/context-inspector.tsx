import { useMemo } from 'react';
import type { Frame, Replay } from '../../shared/replay/replay-build.ts';
import { plainWords, stateWords } from '../../shared/replay/words.ts';
import { CopyButton } from '../../shared/ui/copy-button.tsx';
import { Panel } from '../../shared/ui/panel.tsx';
import { Skeleton } from '../../shared/ui/skeleton.tsx';
import { changesBetween, type ValueChange } from './context-changes.ts';
import { describeEvent } from './describe-event.ts';
import { eventsPossibleNext } from './next-events.ts';
import { ValueTree } from './value-tree.tsx';

export interface ContextInspectorProps {
  readonly replay: Replay;
  /** The revision that is looked at. */
  readonly at: number;
}

/** What the machine knows after an event, what that event changed, and what it would accept next. */
export function ContextInspector({ replay, at }: ContextInspectorProps) {
  const [frame, previous, next] = [replay.frames[at], replay.frames[at - 1], replay.frames[at + 1]];
  const changes = useMemo(() => contextChanges(frame, previous), [frame, previous]);
  return (
    <Panel
      id="context-inspector"
      title="Context"
      actions={
        frame !== undefined && (
          <CopyButton label="Copy as JSON" kind="quiet" text={() => JSON.stringify(replayAnswer(frame), null, 2)} />
        )
      }
    >
      {frame === undefined ? (
        <Skeleton className="m-4 h-40" />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        <section tabIndex={0} aria-label="Context after this event" className="max-h-133 overflow-y-auto p-4">
          <Moment frame={frame} changeCount={changes.length} />
          <div className="-mx-1 font-mono text-xs leading-5">
            <ValueTree value={{ ...frame.snapshot.context }} changes={changes} />
          </div>
          <NextEvents frame={frame} next={next} />
        </section>
      )}
    </Panel>
  );
}

function contextChanges(frame: Frame | undefined, previous: Frame | undefined): readonly ValueChange[] {
  if (frame === undefined || previous === undefined) return [];
  return changesBetween(previous.snapshot.context, frame.snapshot.context);
}

/** What `GET /jobs/:id/replay?revision=` answers for the same moment. */
function replayAnswer({ revision, snapshot, status }: Frame) {
  return { revision, state: snapshot.value, context: snapshot.context, status };
}

function Moment({ frame, changeCount }: { readonly frame: Frame; readonly changeCount: number }) {
  return (
    <dl className="mb-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-[13px]">
      <dt className="text-muted">After</dt>
      <dd>{describeEvent(frame.event).title}</dd>
      <dt className="text-muted">State</dt>
      <dd className="font-medium">{stateWords(frame.snapshot.value)}</dd>
      <dt className="text-muted">Status</dt>
      <dd>{frame.status}</dd>
      <dt className="text-muted">Changed</dt>
      <dd>{changeText(changeCount)}</dd>
    </dl>
  );
}

function changeText(count: number): string {
  if (count === 0) return 'nothing here';
  return count === 1 ? '1 value' : `${count} values`;
}

function NextEvents({ frame, next }: { readonly frame: Frame; readonly next: Frame | undefined }) {
  const types = eventsPossibleNext(frame.snapshot);
  return (
    <>
      <h3 className="mt-4 mb-1.5 text-[13px] font-semibold">What may happen next</h3>
      {types.length === 0 ? (
        <p className="text-[13px] text-muted">Nothing: the build has ended.</p>
      ) : (
        <ul className="flex flex-wrap gap-1.5">
          {types.map((type) => (
            <li
              key={type}
              className={`rounded-full border px-2 py-0.5 text-xs ${
                type === next?.event.type ? 'border-accent bg-accent-soft text-accent' : 'border-line text-muted'
              }`}
            >
              {plainWords(type)}
              {type === next?.event.type && ' (came next)'}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
