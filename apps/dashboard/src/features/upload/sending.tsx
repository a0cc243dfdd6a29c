import { durationText, sizeText } from '../../shared/format/quantities.ts';
import { Button } from '../../shared/ui/button.tsx';
import { ProgressBar } from '../../shared/ui/progress-bar.tsx';
import { SourceLine } from './chosen-form.tsx';
import { estimateOf } from './transfer-rate.ts';
import type { UploadSnapshot } from './upload-machine.ts';
import type { UploadSource } from './upload-source.ts';

interface SendingProps {
  readonly source: UploadSource;
  readonly context: UploadSnapshot['context'];
  readonly onCancel: () => void;
}

/** How far the upload is. Once all is sent the server looks at it, which can take a while for much. */
export function Sending({ source, context: { name, samples, totalBytes }, onCancel }: SendingProps) {
  const sentBytes = samples.at(-1)?.sent ?? 0;
  const isSent = totalBytes > 0 && sentBytes >= totalBytes;
  const percent = totalBytes === 0 || isSent ? null : (sentBytes / totalBytes) * 100;
  return (
    <div className="flex flex-col gap-3 rounded-panel border border-line bg-panel p-4 shadow-panel">
      <div className="flex flex-wrap items-center gap-3">
        <SourceLine source={source} />
        <Button size="small" onClick={onCancel}>
          Cancel
        </Button>
      </div>
      <ProgressBar percent={percent} label={`Upload of ${name}`} />
      <p className="flex flex-wrap gap-x-4 gap-y-1 text-[13px] text-muted tabular-nums">
        {percent === null ? (
          <span>{isSent ? 'All sent. The server is checking it…' : 'Starting…'}</span>
        ) : (
          <>
            <span className="font-medium text-fg">{Math.floor(percent)} %</span>
            <span>
              {sizeText(sentBytes)} of {sizeText(totalBytes)}
            </span>
            <SpeedText {...{ samples, totalBytes }} />
          </>
        )}
      </p>
    </div>
  );
}

function SpeedText({ samples, totalBytes }: Pick<UploadSnapshot['context'], 'samples' | 'totalBytes'>) {
  const estimate = estimateOf(samples, totalBytes);
  if (estimate === null) return null;
  return (
    <>
      <span>{sizeText(Math.round(estimate.bytesPerSecond))}/s</span>
      <span className="ml-auto">{durationText(Math.max(1_000, estimate.timeLeftMs))} left</span>
    </>
  );
}
