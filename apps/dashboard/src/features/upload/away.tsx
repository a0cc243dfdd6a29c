import { WifiOff } from 'lucide-react';
import { Button } from '../../shared/ui/button.tsx';
import { SourceLine } from './chosen-form.tsx';
import type { UploadSource } from './upload-source.ts';

interface AwayProps {
  readonly source: UploadSource;
  readonly onSend: () => void;
  readonly onCancel: () => void;
}

export const awayText = 'The server is away; the upload goes on by itself as soon as it is back.';

/** The upload was cut off, and waits for the server. */
export function Away({ source, onSend, onCancel }: AwayProps) {
  return (
    <div className="flex flex-col gap-3 rounded-panel border border-line bg-panel p-4 shadow-panel">
      <div className="flex flex-wrap items-center gap-3">
        <div className="flex min-w-0 flex-1 basis-48">
          <SourceLine source={source} />
        </div>
        <div className="flex gap-2">
          <Button size="small" onClick={onSend}>
            Try again now
          </Button>
          <Button size="small" kind="quiet" onClick={onCancel}>
            Cancel
          </Button>
        </div>
      </div>
      <div className="flex gap-3 rounded-lg bg-warn-soft p-3">
        <WifiOff className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden="true" />
        <p className="min-w-0">{awayText}</p>
      </div>
    </div>
  );
}
