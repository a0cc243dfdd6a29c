import { useSelector } from '@xstate/react';
import { toast } from 'sonner';
import { createActor } from 'xstate';
import { newIdempotencyKey } from '../../shared/api/idempotency-key.ts';
import { type Live, useLive } from '../../shared/live/live.ts';
import { readChoice } from './read-choice.ts';
import { startTransfer } from './transfer.ts';
import { createUploadMachine, type UploadActor, type UploadSnapshot } from './upload-machine.ts';
import { sourceName } from './upload-source.ts';

/** One for each live connection, outside of the panel: an upload goes on while another page is looked at. */
const actors = new WeakMap<Live, UploadActor>();

export function useUpload(): readonly [UploadSnapshot, UploadActor['send']] {
  const actor = uploadsOf(useLive());
  return [useSelector(actor, (snapshot) => snapshot), actor.send];
}

export const uploadsOf = (live: Live): UploadActor => actors.get(live) ?? startUploads(live);

/** Who signs out sends nothing more. What was chosen is forgotten with the connection. */
export const breakOffUploads = (live: Live): void => actors.get(live)?.send({ type: 'cancel' });

function startUploads(live: Live): UploadActor {
  const machine = createUploadMachine({
    read: readChoice,
    startTransfer,
    onBack: live.onBack,
    newKey: newIdempotencyKey,
    nowMs: () => performance.now(),
  });
  const actor = createActor(machine);
  actors.set(live, actor);
  let before = actor.getSnapshot();
  actor.subscribe((now) => {
    const wasUnderWay = isUnderWay(before);
    before = now;
    if (isUnderWay(now) === wasUnderWay) return;
    if (!wasUnderWay) return window.addEventListener('beforeunload', askBeforeLeaving);
    window.removeEventListener('beforeunload', askBeforeLeaving);
    if (now.matches('accepted')) live.refresh();
    else tellElsewhere(now);
  });
  return actor.start();
}

/** It is being sent, or goes on with that by itself. */
export const isUnderWay = (snapshot: UploadSnapshot): boolean =>
  snapshot.matches('sending') || snapshot.matches('away');

/** Browsers ask in their own words. */
function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** The panel says it itself where it is shown. */
function tellElsewhere({ context: { source, trouble } }: UploadSnapshot): void {
  if (trouble === null || source === null || document.getElementById(panelId) !== null) return;
  toast.error(`“${sourceName(source)}” could not be uploaded.`, {
    description: `${trouble.message} What you chose is kept: try again on the page of all builds.`,
  });
}

/** Keys and commands of the page lead to this id. */
export const panelId = 'upload-panel';
