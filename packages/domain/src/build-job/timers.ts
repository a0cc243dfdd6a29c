import type { BuildJobSnapshot } from './machine.ts';
import type { Step } from './steps.ts';

/** A moment at which the system has to record an event, unless the job has moved on by then. */
export type PendingTimer =
  | { readonly kind: 'step-deadline'; readonly dueAt: string; readonly attempt: number; readonly step: Step }
  | { readonly kind: 'retry-due'; readonly dueAt: string; readonly attempt: number };

/**
 * The timers of a state, derived from nothing but the state: a restart re-arms them from the log. Each carries the
 * attempt that it belongs to, so one that fires late is refused by the machine.
 */
export function pendingTimers({ context, value }: BuildJobSnapshot): readonly PendingTimer[] {
  if (value === 'backingOff' && context.retryDueAt !== null) {
    return [{ kind: 'retry-due', dueAt: context.retryDueAt, attempt: context.attempt }];
  }
  const inStep = value === 'running' || typeof value === 'object';
  if (inStep && context.step !== null && context.stepDeadlineAt !== null) {
    return [{ kind: 'step-deadline', dueAt: context.stepDeadlineAt, attempt: context.attempt, step: context.step }];
  }
  return [];
}
