import type { KillEvidence } from '@yardmaster/domain';
import { Ban, CircleHelp, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useSession } from '../../shared/session/session-context.ts';
import { Button } from '../../shared/ui/button.tsx';
import type { Cancel } from './build-at.ts';
import { endText, portsText, unnamedCount } from './cancel-words.ts';
import { Note } from './note.tsx';

/** So many of the processes that were ended are named at first. */
const namedAtFirst = 12;

interface CancelNoteProps {
  readonly cancel: Cancel;
  /** A worker has had it: there was something to end. */
  readonly hadWorker: boolean;
}

/** Who cancelled a build and why, and what is left of it: nothing, on the word of its worker, or nobody knows. */
export function CancelNote({ cancel: { by, reason, end }, hadWorker }: CancelNoteProps) {
  const { viewer } = useSession();
  const who = by?.kind !== 'user' ? '' : by.userId === viewer.id ? ' by you' : ` by ${by.userId}`;
  return (
    <Note
      icon={<Ban className="size-4 text-warn" aria-hidden="true" />}
      title={end === null ? `Cancel requested${who}` : `Cancelled${who}`}
      aside={end !== null && <Proof isProven={end.proven} />}
    >
      {reason !== null && <p className="wrap-anywhere">Reason: {reason}</p>}
      <p className="text-pretty">
        {end === null
          ? 'It counts as cancelled as soon as its worker confirms that nothing of it is left.'
          : endText(end)}
      </p>
      {end !== null && end.killed !== null && hadWorker && (
        <Evidence evidence={end.killed} unnamed={unnamedCount(end)} isProven={end.proven} />
      )}
    </Note>
  );
}

function Proof({ isProven }: { readonly isProven: boolean }) {
  const [Icon, look, word] = isProven
    ? ([ShieldCheck, 'bg-ok-soft text-ok', 'Proven'] as const)
    : ([CircleHelp, 'bg-warn-soft text-warn', 'Not proven'] as const);
  return (
    <span className={`inline-flex items-center gap-1.5 rounded-full px-2.5 py-0.5 text-xs font-medium ${look}`}>
      <Icon className="size-3.5" aria-hidden="true" />
      {word}
    </span>
  );
}

interface EvidenceProps {
  readonly evidence: KillEvidence;
  readonly unnamed: number;
  readonly isProven: boolean;
}

/** What ending the build took, as its worker found it. */
function Evidence({ evidence: { processes, ports, workspaceRemoved }, unnamed, isProven }: EvidenceProps) {
  return (
    <dl className="mt-3 flex flex-col gap-3 border-t border-line pt-3 text-[13px] sm:gap-2 [&_dd]:text-fg [&>div]:grid [&>div]:gap-x-6 [&>div]:gap-y-0.5 sm:[&>div]:grid-cols-[7.5rem_minmax(0,1fr)]">
      <div>
        <dt>Processes ended</dt>
        <dd>{processes.length === 0 ? none(unnamed) : <Processes processes={processes} unnamed={unnamed} />}</dd>
      </div>
      <div>
        <dt>{isProven ? 'Ports freed' : 'Ports it used'}</dt>
        <dd className="tabular-nums wrap-anywhere">{portsText(ports)}</dd>
      </div>
      <div>
        <dt>Workspace</dt>
        <dd>{workspaceRemoved ? 'Removed' : 'Not removed'}</dd>
      </div>
    </dl>
  );
}

const none = (unnamed: number): string => (unnamed === 0 ? 'None ran any more' : String(unnamed));

function Processes({ processes, unnamed }: Pick<KillEvidence, 'processes'> & Pick<EvidenceProps, 'unnamed'>) {
  const [isWhole, setWhole] = useState(processes.length <= namedAtFirst);
  const shown = isWhole ? processes : processes.slice(0, namedAtFirst);
  return (
    <>
      <ul className="flex flex-wrap gap-1.5">
        {shown.map(({ pid, command }) => (
          <li key={pid} className="inline-flex min-w-0 items-baseline gap-1.5 rounded-md bg-panel-2 px-2 py-0.5">
            <span className="min-w-0 font-mono text-xs wrap-anywhere">{command}</span>
            <span className="text-xs text-muted tabular-nums">
              <span className="sr-only">process </span>
              {pid}
            </span>
          </li>
        ))}
        {isWhole && unnamed > 0 && <li className="px-1 py-0.5 text-muted">and {unnamed} more</li>}
      </ul>
      {!isWhole && (
        <Button size="small" className="mt-2" onClick={() => setWhole(true)}>
          Show all {processes.length}
        </Button>
      )}
    </>
  );
}
