import { steps } from '@yardmaster/domain';
import type { JobSummary } from '@yardmaster/protocol';
import { stepNames, stepUnderWay } from '../../shared/jobs/job-display.ts';

interface StepProgressProps {
  readonly job: Pick<JobSummary, 'progress' | 'state' | 'status'>;
  /** What it says is being done, for a screen reader. */
  readonly text: string;
  readonly label: string;
}

/** How far an attempt has come, as five steps of which one is under way. */
export function StepProgress({ job, text, label }: StepProgressProps) {
  const current = stepUnderWay(job) ?? -1;
  return (
    <div
      className="flex gap-1"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(job.progress)}
      aria-valuetext={text}
    >
      {steps.map((step, index) => (
        <span
          key={step}
          title={stepNames[step]}
          className={`h-1.5 flex-1 overflow-hidden rounded-full ${index < current ? 'bg-accent' : index === current ? 'bg-accent-soft' : 'bg-panel-2'}`}
        >
          {index === current && <span className="block h-full w-1/2 rounded-full bg-accent" />}
        </span>
      ))}
    </div>
  );
}
