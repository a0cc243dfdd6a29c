import { finalStatuses, type Step, steps } from '@yardmaster/domain';
import type { StepView } from '@yardmaster/protocol';
import { Ban, Circle, CircleCheck, CircleSlash, CircleX, LoaderCircle, type LucideIcon } from 'lucide-react';
import { useState } from 'react';
import { exactDurationText, sizeText } from '../../shared/format/quantities.ts';
import { stepNames } from '../../shared/jobs/job-display.ts';
import { Panel } from '../../shared/ui/panel.tsx';
import { Segmented } from '../../shared/ui/segmented.tsx';
import { Select } from '../../shared/ui/select.tsx';
import { useNow } from '../../shared/ui/use-now.ts';
import type { BuildAt } from './build-at.ts';

/** The five steps of an attempt: how each went, how long it took and what it needed. */
export function StepStrip({ build }: { readonly build: BuildAt }) {
  const { job } = build;
  const [chosen, setChosen] = useState<number | null>(null);
  const attempt = chosen === null || chosen > job.attempt ? job.attempt : chosen;
  const ofAttempt = new Map(build.steps.filter((step) => step.attempt === attempt).map((step) => [step.name, step]));
  const begun = [...ofAttempt.values()];
  const lookOf = (step: StepView): Look => (isCutOff(step, build) ? cutOff : looks[step.status]);
  const isOver = finalStatuses.has(job.status) || attempt < job.attempt || job.status === 'queued';
  return (
    <Panel
      id="steps"
      title="Steps"
      actions={job.attempt > 1 && <AttemptChoice attempts={job.attempt} value={attempt} onChange={setChosen} />}
    >
      <ol className="grid lg:grid-cols-5 lg:divide-x max-lg:divide-y divide-line">
        {steps.map((name) => (
          <StepCard
            key={name}
            name={name}
            step={ofAttempt.get(name)}
            lookOf={lookOf}
            asOfMs={build.asOfMs}
            missing={isOver && attempt > 0 ? 'Not reached' : 'To come'}
          />
        ))}
      </ol>
      <DurationBar steps={begun} lookOf={lookOf} asOfMs={build.asOfMs} />
    </Panel>
  );
}

/** A build that workers hand back again and again has any number of attempts; more than these do not stand in a row. */
const maxSegments = 4;

interface AttemptChoiceProps {
  readonly attempts: number;
  readonly value: number;
  readonly onChange: (attempt: number | null) => void;
}

/** The latest attempt is followed, not pinned. */
function AttemptChoice({ attempts, value, onChange }: AttemptChoiceProps) {
  const Choice = attempts > maxSegments ? Select : Segmented;
  return (
    <Choice
      label="Attempt"
      value={String(value)}
      options={Array.from({ length: attempts }, (_, index) => ({
        value: String(index + 1),
        label: `Attempt ${index + 1}`,
      }))}
      onChange={(chosen) => onChange(Number(chosen) === attempts ? null : Number(chosen))}
    />
  );
}

interface Look {
  readonly Icon: LucideIcon;
  readonly word: string;
  readonly icon: string;
  readonly bar: string;
}

const looks: Readonly<Record<StepView['status'], Look>> = {
  running: {
    Icon: LoaderCircle,
    word: 'Running',
    icon: 'text-accent motion-safe:animate-spin',
    bar: 'bg-accent motion-safe:animate-pulse',
  },
  completed: { Icon: CircleCheck, word: 'Done', icon: 'text-ok', bar: 'bg-ok' },
  skipped: { Icon: CircleSlash, word: 'Skipped', icon: 'text-muted', bar: 'bg-line-strong' },
  failed: { Icon: CircleX, word: 'Failed', icon: 'text-bad', bar: 'bg-bad' },
};

/** A step that was under way when the build was cancelled has failed by nobody's fault. */
const cutOff: Look = { Icon: Ban, word: 'Cut off', icon: 'text-warn', bar: 'bg-warn' };

const isCutOff = ({ status, exitCode, attempt }: StepView, { job }: BuildAt): boolean =>
  job.status === 'cancelled' && attempt === job.attempt && status === 'failed' && exitCode === null;

type LookOf = (step: StepView) => Look;

interface StepCardProps {
  readonly name: Step;
  readonly step: StepView | undefined;
  readonly lookOf: LookOf;
  readonly asOfMs: number | null;
  /** What is said of a step that did not begin. */
  readonly missing: string;
}

function StepCard({ name, step, lookOf, asOfMs, missing }: StepCardProps) {
  const look = step === undefined ? null : lookOf(step);
  const Icon = look?.Icon ?? Circle;
  return (
    <li
      className={`flex min-w-0 flex-col gap-1 p-3.5 ${step?.status === 'running' ? 'bg-accent-soft' : ''}`}
      aria-current={step?.status === 'running' ? 'step' : undefined}
    >
      <div className="flex items-center gap-2">
        <Icon className={`size-4 shrink-0 ${look?.icon ?? 'text-line-strong'}`} aria-hidden="true" />
        <span className={`font-medium ${step === undefined ? 'text-muted' : ''}`}>{stepNames[name]}</span>
        <span className="ml-auto text-[13px] whitespace-nowrap tabular-nums">
          {step !== undefined && <Duration step={step} asOfMs={asOfMs} />}
        </span>
      </div>
      <p className="text-xs text-muted">
        {look?.word ?? missing}
        {step?.cache === 'hit' && ' · from the cache'}
        {step?.cache === 'miss' && step.status === 'completed' && ' · not cached'}
        {step !== undefined && step.exitCode !== null && ` · exit ${step.exitCode}`}
      </p>
      {step !== undefined && <Usage step={step} />}
      {step !== undefined && step.detail !== null && (
        <p className="line-clamp-2 text-xs text-muted wrap-anywhere" title={step.detail}>
          {step.detail}
        </p>
      )}
    </li>
  );
}

function Usage({ step: { cpuMs, peakMemoryBytes } }: { readonly step: StepView }) {
  const parts = [
    ...(cpuMs === null ? [] : [`${exactDurationText(cpuMs)} CPU`]),
    ...(peakMemoryBytes === null ? [] : [`${sizeText(peakMemoryBytes)} peak`]),
  ];
  return parts.length === 0 ? null : <p className="text-xs text-muted tabular-nums">{parts.join(' · ')}</p>;
}

interface TimedProps {
  readonly step: StepView;
  readonly asOfMs: number | null;
}

function Duration({ step, asOfMs }: TimedProps) {
  const nowMs = useNow();
  return exactDurationText(durationAt(step, asOfMs ?? nowMs));
}

const durationAt = ({ durationMs, startedAt }: StepView, nowMs: number): number =>
  durationMs ?? Math.max(0, nowMs - Date.parse(startedAt));

/** Where the time went, at a glance; the numbers are in the cards. */
function DurationBar({
  steps: begun,
  lookOf,
  asOfMs,
}: {
  readonly steps: readonly StepView[];
  readonly lookOf: LookOf;
  readonly asOfMs: number | null;
}) {
  const nowMs = useNow();
  return (
    <div aria-hidden="true" className="flex h-1.5 gap-px bg-panel-2">
      {begun.map((step) => (
        <div
          key={step.name}
          className={`min-w-1 ${lookOf(step).bar}`}
          style={{ flexGrow: Math.max(1, durationAt(step, asOfMs ?? nowMs)), flexBasis: 0 }}
        />
      ))}
    </div>
  );
}
