import { z } from 'zod';
import { WorkerId } from '../ids.ts';
import { Step } from './steps.ts';

/** The most attempts that a build may be given, and so the most workers that it can lose. */
export const mostAttempts = 10;

/** The most processes, and the most ports, that one piece of evidence names; `killedProcesses` counts them all. */
export const maxKilledProcessesNamed = 50;
export const maxPortsNamed = 50;

/**
 * What ending a build took, as the worker found it. It names programs and never their arguments, which may hold secrets.
 */
export const KillEvidence = z.object({
  processes: z
    .array(z.object({ pid: z.int().positive(), command: z.string().max(64) }))
    .max(maxKilledProcessesNamed)
    .readonly(),
  /** TCP ports that the build listened on when it was stopped. */
  ports: z.array(z.int().min(1).max(65_535)).max(maxPortsNamed).readonly(),
  /** True where nothing is left of the build's workspace, or where it never had one. */
  workspaceRemoved: z.boolean(),
});
export type KillEvidence = z.infer<typeof KillEvidence>;

/** An attempt whose worker went away without a word about it. */
export const WorkerLoss = z.object({
  attempt: z.int().positive(),
  workerId: WorkerId,
  /** What the attempt was at; null before its first step. */
  step: Step.nullable(),
  reason: z.string().max(500),
  /** True where the worker had no other attempt, so that nothing else of ours can have brought it down. */
  alone: z.boolean(),
});
export type WorkerLoss = z.infer<typeof WorkerLoss>;

/** A build that was alone on so many workers as they were lost is taken for what kills them, and gets no further one. */
export const poisonousLosses = 2;

/** True for a build that may be what its workers died of. A loss shared with other builds says nothing of any of them. */
export function isPoison(losses: readonly WorkerLoss[]): boolean {
  return losses.filter(({ alone }) => alone).length >= poisonousLosses;
}
