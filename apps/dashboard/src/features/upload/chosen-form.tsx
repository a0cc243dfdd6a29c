import { useQuery } from '@tanstack/react-query';
import type { WebsiteView } from '@yardmaster/protocol';
import { ChevronRight, FileArchive, Folder, TriangleAlert } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import type { Trouble } from '../../shared/api/api.ts';
import { websitesQuery } from '../../shared/api/queries.ts';
import { countText, sizeText } from '../../shared/format/quantities.ts';
import { Button } from '../../shared/ui/button.tsx';
import { Select } from '../../shared/ui/select.tsx';
import { TroubleNote } from '../../shared/ui/trouble-note.tsx';
import { warningAbout } from './limits.ts';
import { changedCode } from './transfer.ts';
import { isName, type UploadActor, type UploadSnapshot } from './upload-machine.ts';
import { sizeOf, sourceName, type UploadSource } from './upload-source.ts';

interface ChosenFormProps {
  readonly source: UploadSource;
  readonly context: UploadSnapshot['context'];
  readonly send: UploadActor['send'];
}

/** Something is chosen: whose build it becomes, and what went wrong when it was sent before. */
export function ChosenForm({ source, context: { name, priority, trouble }, send }: ChosenFormProps) {
  const warning = warningAbout(source);
  const mustChooseAgain = trouble?.code === changedCode;
  return (
    <form
      className="flex flex-col gap-4 rounded-panel border border-line bg-panel p-4 shadow-panel"
      onSubmit={(event) => {
        event.preventDefault();
        send({ type: 'send' });
      }}
    >
      <SourceLine source={source} />
      {warning !== null && trouble === null && <Warning warning={warning} />}
      {trouble !== null && (
        <TroubleNote trouble={trouble}>
          <code className="text-xs text-muted">{trouble.code}</code>
        </TroubleNote>
      )}
      <NameField name={name} onName={(next) => send({ type: 'named', name: next })}>
        {mustChooseAgain ? (
          <Button kind="primary" onClick={() => send({ type: 'discard' })}>
            Choose again
          </Button>
        ) : (
          <Button kind="primary" type="submit" disabled={!isName(name)}>
            {trouble === null ? 'Upload and build' : 'Try again'}
          </Button>
        )}
        <Button kind="quiet" onClick={() => send({ type: 'discard' })}>
          Cancel
        </Button>
      </NameField>
      <Options priority={priority} onPriority={(next) => send({ type: 'prioritised', priority: next })} />
    </form>
  );
}

/** What is uploaded: its name, size, and what of it stays behind. */
export function SourceLine({ source }: { readonly source: UploadSource }) {
  const Icon = source.kind === 'archive' ? FileArchive : Folder;
  return (
    <div className="flex min-w-0 flex-1 items-center gap-3">
      <span className="grid size-10 shrink-0 place-items-center rounded-lg bg-accent-soft text-accent">
        <Icon className="size-5" aria-hidden="true" />
      </span>
      <div className="min-w-0">
        <p className="truncate font-medium" title={sourceName(source)}>
          {sourceName(source)}
        </p>
        <p className="text-[13px] text-muted tabular-nums">{factsText(source)}</p>
      </div>
    </div>
  );
}

function factsText(source: UploadSource): string {
  const size = sizeText(sizeOf(source));
  if (source.kind === 'archive') return size;
  const files = source.files.length === 1 ? '1 file' : `${countText(source.files.length)} files`;
  return `${files}, ${size}${source.leftOut.length === 0 ? '' : `, without ${source.leftOut.join(', ')}`}`;
}

function Warning({ warning: { message, hint } }: { readonly warning: Trouble }) {
  return (
    <div className="flex gap-3 rounded-lg bg-warn-soft p-3">
      <TriangleAlert className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden="true" />
      <p className="min-w-0 wrap-anywhere">
        {message} {hint}
      </p>
    </div>
  );
}

interface NameFieldProps {
  readonly name: string;
  readonly onName: (name: string) => void;
  /** The buttons, in its line. */
  readonly children: ReactNode;
}

function NameField({ name, onName, children }: NameFieldProps) {
  const id = useId();
  const { data } = useQuery(websitesQuery);
  const websites = data?.websites ?? [];
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="font-medium">
        Name of the website
      </label>
      <div className="flex flex-wrap gap-2">
        <input
          id={id}
          type="text"
          list={`${id}-known`}
          maxLength={100}
          required
          autoComplete="off"
          value={name}
          aria-describedby={`${id}-hint`}
          onChange={({ target }) => onName(target.value)}
          className="h-9 min-w-0 flex-1 basis-64 rounded-lg border border-line-strong bg-panel px-3 pointer-coarse:h-11"
        />
        {children}
      </div>
      <datalist id={`${id}-known`}>
        {websites.map((website) => (
          <option key={website.id} value={website.name} />
        ))}
      </datalist>
      <p id={`${id}-hint`} className="text-[13px] text-muted wrap-anywhere">
        {data === undefined ? 'A name that exists already gets its next build.' : whoseBuild(name, websites)}
      </p>
    </div>
  );
}

/** What becomes of an upload of this name. */
function whoseBuild(name: string, websites: readonly WebsiteView[]): string {
  const wanted = name.trim();
  if (!isName(wanted)) return 'A name has 1 to 100 characters.';
  const known = websites.find((website) => website.name === wanted);
  if (known === undefined) return `“${wanted}” will be a new website.`;
  const builds = known.buildCount === 1 ? '1 build' : `${known.buildCount} builds`;
  return `This will be the next build of “${wanted}”, which has had ${builds}.`;
}

const priorities = Array.from({ length: 10 }, (_, priority) => ({
  value: String(priority),
  label: { 0: '0, last', 5: '5, as usual', 9: '9, first' }[priority] ?? String(priority),
})).reverse();

interface OptionsProps {
  readonly priority: number;
  readonly onPriority: (priority: number) => void;
}

function Options({ priority, onPriority }: OptionsProps) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  return (
    <div>
      <Button
        kind="quiet"
        size="small"
        className="-ml-2"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <ChevronRight className={`transition-transform ${isOpen ? 'rotate-90' : ''}`} aria-hidden="true" />
        Options
      </Button>
      <div id={id} hidden={!isOpen} className="mt-2">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
          <span className="font-medium" aria-hidden="true">
            Priority
          </span>
          <Select
            label="Priority"
            value={String(priority)}
            options={priorities}
            onChange={(value) => onPriority(Number(value))}
          />
          <p className="text-[13px] text-muted">A higher one starts before others that wait.</p>
        </div>
      </div>
    </div>
  );
}
