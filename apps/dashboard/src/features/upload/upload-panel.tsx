import { useEffect, useRef } from 'react';
import { Button } from '../../shared/ui/button.tsx';
import { TroubleNote } from '../../shared/ui/trouble-note.tsx';
import { Accepted } from './accepted.tsx';
import { Away, awayText } from './away.tsx';
import { ChosenForm } from './chosen-form.tsx';
import { DropArea, Reading } from './drop-area.tsx';
import { Invitation } from './invitation.tsx';
import type { Picked } from './read-choice.ts';
import { Sending } from './sending.tsx';
import type { UploadActor, UploadSnapshot } from './upload-machine.ts';
import { isUnderWay, panelId, useUpload } from './use-upload.ts';

/** Takes a project, by dropping, pasting or choosing, names it, sends it, and follows what becomes of it. */
export function UploadPanel() {
  const [snapshot, send] = useUpload();
  const pick = (picked: Picked): void => send({ type: 'picked', picked });
  useFocusOnChange(snapshot.value);
  return (
    <DropArea busyWith={isUnderWay(snapshot) ? snapshot.context.name : null} onPicked={pick}>
      {(chooseArchive) => (
        <>
          <p className="sr-only" role="status">
            {announcementOf(snapshot)}
          </p>
          <PanelState snapshot={snapshot} send={send} chooseArchive={chooseArchive} />
        </>
      )}
    </DropArea>
  );
}

interface PanelStateProps {
  readonly snapshot: UploadSnapshot;
  readonly send: UploadActor['send'];
  readonly chooseArchive: () => void;
}

function PanelState({ snapshot: { value, context }, send, chooseArchive }: PanelStateProps) {
  const { source, answer, trouble } = context;
  const pick = (picked: Picked): void => send({ type: 'picked', picked });
  const discard = (): void => send({ type: 'discard' });
  if (value === 'reading') return <Reading foundFiles={context.foundFiles} onCancel={discard} />;
  if (value === 'ready' && source !== null) return <ChosenForm source={source} context={context} send={send} />;
  if (value === 'sending' && source !== null) {
    return <Sending source={source} context={context} onCancel={() => send({ type: 'cancel' })} />;
  }
  if (value === 'away' && source !== null) {
    return <Away source={source} onSend={() => send({ type: 'send' })} onCancel={() => send({ type: 'cancel' })} />;
  }
  if (value === 'accepted' && answer !== null) return <Accepted answer={answer} onAnother={discard} />;
  return (
    <div className="flex flex-col gap-3">
      <Invitation chooseArchive={chooseArchive} onPicked={pick} />
      {trouble !== null && (
        <TroubleNote trouble={trouble}>
          <Button size="small" onClick={discard}>
            Dismiss
          </Button>
        </TroubleNote>
      )}
    </div>
  );
}

/** Once per state and not per byte, so that a screen reader is not talked over. */
function announcementOf({
  value,
  context: { source, name, samples, totalBytes, answer, trouble },
}: UploadSnapshot): string {
  const isSent = totalBytes > 0 && (samples.at(-1)?.sent ?? 0) >= totalBytes;
  switch (value) {
    case 'empty':
      return '';
    case 'reading':
      return 'Reading what you chose.';
    case 'ready':
      // What went wrong is told by its own note.
      return source === null || trouble !== null ? '' : 'Chosen. Name the website, then upload it.';
    case 'sending':
      return isSent ? `${name} is sent and is being checked.` : `Uploading ${name}.`;
    case 'away':
      return awayText;
    case 'accepted':
      return answer?.message ?? '';
    default:
      return value satisfies never;
  }
}

/** What held the focus is gone with its state: it goes on to the first thing that can be used in the next. */
function useFocusOnChange(state: string): void {
  const shown = useRef(state);
  useEffect(() => {
    if (shown.current === state) return;
    shown.current = state;
    const isLost = document.activeElement === null || document.activeElement === document.body;
    if (!isLost) return;
    const panel = document.getElementById(panelId);
    const field = panel?.querySelector<HTMLElement>('input:not([hidden])');
    (field ?? panel?.querySelector<HTMLElement>('a[href], button:not(:disabled)'))?.focus();
  }, [state]);
}
