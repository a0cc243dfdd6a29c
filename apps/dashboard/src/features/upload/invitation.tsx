import { FileArchive, FolderUp, Upload } from 'lucide-react';
import { type ChangeEvent, useRef } from 'react';
import { useJobsValue } from '../../shared/jobs/jobs-context.ts';
import { Button } from '../../shared/ui/button.tsx';
import { megabytesText, usualLimits } from './limits.ts';
import type { Picked } from './read-choice.ts';

/** Not in React's types, since no standard has it; every browser does. */
const wholeFolder = { webkitdirectory: '' };

interface InvitationProps {
  readonly chooseArchive: () => void;
  readonly onPicked: (picked: Picked) => void;
}

/** Nothing is chosen: says what can be, and how. At length only to somebody who has never built anything. */
export function Invitation(props: InvitationProps) {
  const isFirst = useJobsValue(({ known, active, ended }) => known && active.length + ended.length === 0);
  return isFirst ? <Welcome {...props} /> : <SlimRow {...props} />;
}

function Welcome(props: InvitationProps) {
  return (
    <div className="flex flex-col items-center gap-4 rounded-panel border-2 border-dashed border-line-strong/60 bg-panel px-4 py-7 text-center transition-colors hover:border-accent/70">
      <Upload className="size-6 text-accent" aria-hidden="true" />
      <div>
        <Wording />
        <p className="mt-1 text-[13px] text-pretty text-muted">
          An archive (.zip, .tar.gz) up to {megabytesText(usualLimits.maxUploadBytes)} or its folder: Vite, React, Vue,
          Svelte or plain HTML
        </p>
      </div>
      <div className="flex flex-wrap justify-center gap-2">
        <Choosers {...props} />
      </div>
    </div>
  );
}

/** Shown also before it is known whether there are builds, so that the lists below stay where they are. */
function SlimRow(props: InvitationProps) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-3 rounded-panel border border-dashed border-line-strong bg-panel px-4 py-4 transition-colors hover:border-accent/70 md:h-18 md:py-0">
      <div className="flex min-w-0 flex-1 basis-72 items-center gap-3">
        <Upload className="size-5 shrink-0 text-accent" aria-hidden="true" />
        <Wording />
      </div>
      <div className="flex w-full gap-2 *:flex-1 max-[24rem]:*:px-1 md:w-auto md:*:flex-none max-[24rem]:[&_svg]:hidden">
        <Choosers {...props} />
      </div>
    </div>
  );
}

function Wording() {
  return (
    <p className="min-w-0 text-balance">
      <strong className="font-semibold">Drop a website project</strong>
      <span className="text-muted"> anywhere on this page</span>
    </p>
  );
}

function Choosers({ chooseArchive, onPicked }: InvitationProps) {
  const folderInput = useRef<HTMLInputElement>(null);
  const takeFolder = ({ target }: ChangeEvent<HTMLInputElement>): void => {
    const files = [...(target.files ?? [])];
    target.value = ''; // so that the same folder can be chosen again
    if (files.length > 0) onPicked({ kind: 'folder', files });
  };
  return (
    <>
      <Button kind="primary" onClick={chooseArchive}>
        <FileArchive aria-hidden="true" />
        Choose archive
      </Button>
      <Button onClick={() => folderInput.current?.click()}>
        <FolderUp aria-hidden="true" />
        Choose folder
      </Button>
      <input ref={folderInput} type="file" {...wholeFolder} multiple hidden onChange={takeFolder} />
    </>
  );
}
