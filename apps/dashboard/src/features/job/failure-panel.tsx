import type { Failure } from '@yardmaster/domain';
import { ArrowDown, Lightbulb, PackageX, RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { durationText } from '../../shared/format/quantities.ts';
import { stepNames } from '../../shared/jobs/job-display.ts';
import { goToLog } from '../../shared/jobs/log-place.ts';
import { AsWritten } from '../../shared/ui/as-written.tsx';
import { Button } from '../../shared/ui/button.tsx';
import { StatusIcon } from '../../shared/ui/status-badge.tsx';
import { useNow } from '../../shared/ui/use-now.ts';
import { AnnotationList, annotationCounts } from './annotation-list.tsx';
import type { BuildAt } from './build-at.ts';

interface FailurePanelProps {
  readonly failure: Failure;
  /** For a build that is not tried again by itself: why, and what can be done. Takes the place of the hint. */
  readonly setAside?: ReactNode;
}

/** Why a build failed: the cause first, then every place in the sources that it names. */
export function FailurePanel({ failure, setAside = null }: FailurePanelProps) {
  const { message, hint, code, step, annotations } = failure;
  const title = step === null ? 'The build failed' : `${stepNames[step]} failed`;
  return (
    <section
      aria-labelledby="failure"
      // Clipped and not hidden: what sticks to the window does so through it.
      className="overflow-clip rounded-panel border border-bad-line bg-panel shadow-panel"
    >
      <div className="flex flex-col gap-2 border-b border-bad-line bg-bad-soft p-4 last:border-b-0">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h2 id="failure" className="flex items-center gap-2 text-sm font-semibold text-bad">
            {setAside === null ? (
              <StatusIcon tone="bad" className="size-4" />
            ) : (
              <PackageX className="size-4" aria-hidden="true" />
            )}
            {setAside === null ? title : 'The build was set aside'}
          </h2>
          <span className="font-mono text-xs text-muted">{code}</span>
          <div className="ml-auto flex flex-wrap items-center gap-x-3">
            {annotations.length > 0 && (
              <span className="text-xs font-medium text-muted tabular-nums">{annotationCounts(annotations)}</span>
            )}
            <Button kind="quiet" size="small" onClick={goToLog}>
              <ArrowDown aria-hidden="true" />
              Go to the log
            </Button>
          </div>
        </div>
        <p className="text-base font-medium whitespace-pre-line wrap-anywhere">
          <AsWritten text={message} />
        </p>
        {hint !== null && setAside === null && <Hint text={hint} />}
      </div>
      {setAside}
      {annotations.length > 0 && (
        <div className="p-4">
          <AnnotationList annotations={annotations} />
        </div>
      )}
    </section>
  );
}

function Hint({ text }: { readonly text: string }) {
  return (
    <p className="flex gap-2 text-muted wrap-anywhere">
      <Lightbulb className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
      <span className="min-w-0">{text}</span>
    </p>
  );
}

/** The last attempt failed and another one is to come: what went wrong, more quietly, and when it goes on. */
export function RetryNote({ build, failure }: { readonly build: BuildAt; readonly failure: Failure }) {
  const { attempt } = build.job;
  return (
    <section
      aria-labelledby="failure"
      className="flex flex-col gap-3 rounded-panel border border-line bg-panel p-4 shadow-panel"
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 id="failure" className="flex items-center gap-2 text-sm font-semibold">
          <RotateCw className="size-4 text-warn" aria-hidden="true" />
          Attempt {attempt} failed{failure.step !== null && ` at “${stepNames[failure.step]}”`}
        </h2>
        <p className="text-[13px] text-warn tabular-nums">
          <NextAttempt build={build} />
        </p>
      </div>
      <p className="wrap-anywhere">
        <AsWritten text={failure.message} />
      </p>
      {failure.hint !== null && <Hint text={failure.hint} />}
      {failure.annotations.length > 0 && <AnnotationList annotations={failure.annotations} />}
    </section>
  );
}

function NextAttempt({ build: { job, request, retryDueAt, asOfMs } }: { readonly build: BuildAt }) {
  const nowMs = useNow();
  const next = `Attempt ${job.attempt + 1}${request === null ? '' : ` of ${request.maxAttempts}`}`;
  if (retryDueAt === null) return `${next} waits for its turn`;
  const leftMs = Date.parse(retryDueAt) - (asOfMs ?? nowMs);
  return leftMs > 500 ? `${next} in ${durationText(leftMs)}` : `${next} is about to begin`;
}
