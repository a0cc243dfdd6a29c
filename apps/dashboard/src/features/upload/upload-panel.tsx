import { useMachine } from '@xstate/react';
import { CircleCheck, FileArchive, Folder, FolderUp, Upload } from 'lucide-react';
import { type ChangeEvent, useEffect, useRef, useState } from 'react';
import { sizeText } from '../../shared/format/quantities.ts';
import { useLive } from '../../shared/live/live.ts';
import { ProgressBar } from '../../shared/ui/progress-bar.tsx';
import { TroubleNote } from '../../shared/ui/trouble-note.tsx';
import { newIdempotencyKey } from './idempotency-key.ts';
import { startTransfer } from './transfer.ts';
import { createUploadMachine, isName } from './upload-machine.ts';
import {
  archiveTypes,
  type Choice,
  chooseArchive,
  chooseDropped,
  chooseFolder,
  sizeOf,
  type UploadSource,
} from './upload-source.ts';
import { useDrop } from './use-drop.ts';

/** Takes a project, by dropping or choosing, names it and sends it. */
export function UploadPanel() {
  const live = useLive();
  const [machine] = useState(() => createUploadMachine({ startTransfer, newKey: newIdempotencyKey }));
  const [{ context, value }, send] = useMachine(machine);
  const { source, name, trouble, answer, sentBytes, totalBytes } = context;
  const choose = (choice: Choice) => send({ type: 'chosen', choice });
  const isDragging = useDrop((entries) => void chooseDropped(entries).then(choose));
  useEffect(() => {
    if (answer !== null) live.refresh();
  }, [answer, live]);

  return (
    <section className={isDragging ? 'drop drop-over' : 'drop'} aria-labelledby="upload-title">
      <h2 id="upload-title" className="visually-hidden">
        Upload a project
      </h2>
      {source === null && (
        <>
          <Invitation isDragging={isDragging} onChoice={choose} />
          {answer !== null && (
            <p className="accepted" role="status">
              <CircleCheck className="icon" aria-hidden="true" />
              {answer.message}
            </p>
          )}
        </>
      )}
      {source !== null && value === 'ready' && (
        <NameForm
          source={source}
          name={name}
          isSecondTry={trouble !== null}
          onName={(next) => send({ type: 'named', name: next })}
          onSend={() => send({ type: 'send' })}
          onDiscard={() => send({ type: 'discard' })}
        />
      )}
      {source !== null && value === 'sending' && (
        <Sending name={name} sentBytes={sentBytes} totalBytes={totalBytes} onCancel={() => send({ type: 'cancel' })} />
      )}
      {trouble !== null && <TroubleNote trouble={trouble} />}
    </section>
  );
}

/** Not in React's types, since no standard has it; every browser does. */
const wholeFolder = { webkitdirectory: '' };

interface InvitationProps {
  readonly isDragging: boolean;
  readonly onChoice: (choice: Choice) => void;
}

function Invitation({ isDragging, onChoice }: InvitationProps) {
  const archiveInput = useRef<HTMLInputElement>(null);
  const folderInput = useRef<HTMLInputElement>(null);
  const take = (event: ChangeEvent<HTMLInputElement>, toChoice: (files: readonly File[]) => Choice) => {
    const files = [...(event.target.files ?? [])];
    event.target.value = ''; // so that the same file can be chosen again
    if (files.length > 0) onChoice(toChoice(files));
  };
  return (
    <div className="invitation">
      <Upload className="drop-icon" aria-hidden="true" />
      <p className="drop-text">
        <strong>{isDragging ? 'Let go to choose it' : 'Drop a website project here'}</strong>
        <span className="muted">A .zip or .tar.gz archive, or its folder: Vite, React, Vue, Svelte or plain HTML</span>
      </p>
      <div className="drop-buttons">
        <button type="button" className="button button-primary" onClick={() => archiveInput.current?.click()}>
          <FileArchive className="icon" aria-hidden="true" />
          Choose archive
        </button>
        <button type="button" className="button" onClick={() => folderInput.current?.click()}>
          <FolderUp className="icon" aria-hidden="true" />
          Choose folder
        </button>
      </div>
      <input
        ref={archiveInput}
        type="file"
        accept={archiveTypes}
        hidden
        onChange={(event) => take(event, ([file]) => (file === undefined ? chooseFolder([]) : chooseArchive(file)))}
      />
      <input
        ref={folderInput}
        type="file"
        {...wholeFolder}
        multiple
        hidden
        onChange={(event) => take(event, chooseFolder)}
      />
    </div>
  );
}

interface NameFormProps {
  readonly source: UploadSource;
  readonly name: string;
  readonly isSecondTry: boolean;
  readonly onName: (name: string) => void;
  readonly onSend: () => void;
  readonly onDiscard: () => void;
}

function NameForm({ source, name, isSecondTry, onName, onSend, onDiscard }: NameFormProps) {
  const nameInput = useRef<HTMLInputElement>(null);
  useEffect(() => nameInput.current?.focus(), []);
  return (
    <form
      className="chosen"
      onSubmit={(event) => {
        event.preventDefault();
        onSend();
      }}
    >
      <ChosenSource source={source} />
      <div className="field">
        <label htmlFor="website-name">Name of the website</label>
        <div className="field-row">
          <input
            ref={nameInput}
            id="website-name"
            type="text"
            maxLength={100}
            required
            autoComplete="off"
            value={name}
            aria-describedby="website-name-hint"
            onChange={({ target }) => onName(target.value)}
          />
          <button type="submit" className="button button-primary" disabled={!isName(name)}>
            {isSecondTry ? 'Try again' : 'Upload and build'}
          </button>
          <button type="button" className="button" onClick={onDiscard}>
            Discard
          </button>
        </div>
        <p className="muted small" id="website-name-hint">
          A name that exists already gets its next build.
        </p>
      </div>
    </form>
  );
}

function ChosenSource({ source }: { readonly source: UploadSource }) {
  const size = sizeText(sizeOf(source));
  if (source.kind === 'archive') {
    return (
      <p className="chosen-source">
        <FileArchive className="icon" aria-hidden="true" />
        <strong>{source.file.name}</strong>
        <span className="muted">{size}</span>
      </p>
    );
  }
  const files = source.files.length === 1 ? '1 file' : `${source.files.length.toLocaleString('en')} files`;
  return (
    <p className="chosen-source">
      <Folder className="icon" aria-hidden="true" />
      <strong>{source.folderName}</strong>
      <span className="muted">
        {files}, {size}
        {source.leftOut.length > 0 && ` (without ${source.leftOut.join(', ')})`}
      </span>
    </p>
  );
}

interface SendingProps {
  readonly name: string;
  readonly sentBytes: number;
  readonly totalBytes: number;
  readonly onCancel: () => void;
}

function Sending({ name, sentBytes, totalBytes, onCancel }: SendingProps) {
  const cancelButton = useRef<HTMLButtonElement>(null);
  useEffect(() => cancelButton.current?.focus(), []);
  const isSent = totalBytes > 0 && sentBytes >= totalBytes;
  return (
    <div className="sending">
      <p className="chosen-source">
        <Upload className="icon" aria-hidden="true" />
        <strong>{name}</strong>
        <span className="muted numbers" role="status">
          {isSent ? 'Sent; it is being checked…' : 'Uploading…'}
        </span>
        {!isSent && totalBytes > 0 && (
          <span className="muted numbers">
            {sizeText(sentBytes)} of {sizeText(totalBytes)}
          </span>
        )}
      </p>
      <ProgressBar percent={isSent || totalBytes === 0 ? null : (sentBytes / totalBytes) * 100} label="Upload" />
      <button ref={cancelButton} type="button" className="button" onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}
