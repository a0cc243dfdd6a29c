import { LoaderCircle, Upload } from 'lucide-react';
import { type ReactNode, useEffect, useEffectEvent } from 'react';
import { useDropzone } from 'react-dropzone';
import { countText } from '../../shared/format/quantities.ts';
import { Button } from '../../shared/ui/button.tsx';
import { thingsIn, thingsOf } from './dropped-things.ts';
import type { Picked } from './read-choice.ts';
import { panelId } from './use-upload.ts';

/** The acceptable file types of a file chooser. */
const archiveTypes = '.zip,.tgz,.gz,application/zip,application/gzip';

interface DropAreaProps {
  /** What is being uploaded, so that a drop has to wait. */
  readonly busyWith: string | null;
  readonly onPicked: (picked: Picked) => void;
  /** Gets what opens the file chooser. */
  readonly children: (chooseArchive: () => void) => ReactNode;
}

/** Takes what is dropped anywhere on the page, and files that are pasted. */
export function DropArea({ busyWith, onPicked, children }: DropAreaProps) {
  const { getRootProps, getInputProps, isDragGlobal, open } = useDropzone({
    getFilesFromEvent: thingsOf,
    onDrop: (things, rejections) =>
      onPicked({ kind: 'things', things: [...things, ...rejections.map(({ file }) => file)] }),
    noClick: true,
    noKeyboard: true,
    noPaste: true,
    preventDropOnDocument: false, // or no text could be dragged into a field
  });
  usePastedFiles((things) => onPicked({ kind: 'things', things }));
  return (
    <section {...getRootProps({ role: 'region' })} id={panelId} aria-labelledby="upload-title" tabIndex={-1}>
      <h2 id="upload-title" className="sr-only">
        Upload a project
      </h2>
      <input {...getInputProps({ accept: archiveTypes, hidden: true, style: {} })} />
      {children(open)}
      {isDragGlobal && <DropOverlay busyWith={busyWith} />}
    </section>
  );
}

/** Covers the page while something is dragged over it, so that it can be dropped anywhere. */
function DropOverlay({ busyWith }: Pick<DropAreaProps, 'busyWith'>) {
  return (
    <div
      className="fixed inset-0 z-50 grid place-items-center bg-bg/80 p-4 backdrop-blur-sm *:pointer-events-none"
      // No pointer moves while something is dragged. A drag whose end the page missed is over.
      onPointerMove={() => document.dispatchEvent(new Event('dragend'))}
    >
      <div className="grid size-full place-items-center rounded-panel border-2 border-dashed border-accent bg-accent-soft/60">
        <div className="flex flex-col items-center gap-3 p-6 text-center">
          <span className="grid size-14 place-items-center rounded-full bg-accent text-accent-fg">
            <Upload className="size-7" aria-hidden="true" />
          </span>
          <p className="text-lg font-semibold">{busyWith === null ? 'Drop to upload' : 'One upload at a time'}</p>
          <p className="text-muted text-pretty">
            {busyWith === null
              ? 'A .zip or .tar.gz archive, or the folder of a project'
              : `“${busyWith}” is being uploaded; the next can follow in a moment.`}
          </p>
        </div>
      </div>
    </div>
  );
}

/** Files copied elsewhere and pasted here; text that is pasted into a field stays text. */
function usePastedFiles(onFiles: (things: readonly File[]) => void): void {
  const take = useEffectEvent(onFiles);
  useEffect(() => {
    const onPaste = (event: ClipboardEvent): void => {
      const things = thingsIn([...(event.clipboardData?.items ?? [])].filter(({ kind }) => kind === 'file'));
      if (things.length === 0) return;
      event.preventDefault();
      take(things);
    };
    document.addEventListener('paste', onPaste);
    return () => document.removeEventListener('paste', onPaste);
  }, []);
}

interface ReadingProps {
  readonly foundFiles: number;
  readonly onCancel: () => void;
}

/** A folder is walked, or an archive's first bytes are looked at. */
export function Reading({ foundFiles, onCancel }: ReadingProps) {
  return (
    <div className="flex items-center gap-3 rounded-panel border border-line bg-panel px-4 py-5 shadow-panel">
      <LoaderCircle className="size-5 text-accent motion-safe:animate-spin" aria-hidden="true" />
      <p className="min-w-0 flex-1">
        Reading what you chose…
        {foundFiles > 0 && <span className="text-muted tabular-nums"> {countText(foundFiles)} files so far</span>}
      </p>
      <Button size="small" onClick={onCancel}>
        Cancel
      </Button>
    </div>
  );
}
