import type { Actors } from '../actors.ts';
import type { Log } from '../ports/log.ts';
import type { OrchestratorMessaging, ReceivedReport } from '../ports/messaging.ts';
import type { OpenJobs } from './open-jobs.ts';
import { unlessDrifted } from './unless-drifted.ts';

/**
 * Records a worker's report as the event it stands for, and tells the worker what is settled.
 *
 * Reports may come twice, late, or with gaps: a repeated one changes nothing, one of an attempt that is over is refused by
 * the machine and settled as needless, as is one of a build that is set aside, and after a gap the missing ones are asked for. Only what is settled leaves the
 * worker's outbox, so a report is recorded even when this process dies between the append and the answer.
 */
export async function recordReport(
  world: {
    readonly actors: Actors;
    readonly openJobs: OpenJobs;
    readonly messaging: OrchestratorMessaging;
    readonly log: Log;
  },
  { workerId, jobId, report }: ReceivedReport,
): Promise<void> {
  const { attempt, seq } = report;
  const result = await unlessDrifted(world, jobId, () =>
    world.actors.buildJob.handle(
      jobId,
      { type: 'RecordReport', workerId, report },
      { actor: { kind: 'worker', workerId }, causationId: `report:${attempt}:${seq}` },
    ),
  );
  if (result !== null && !result.ok && result.rejection.code === 'report-gap') {
    const fromSeq = result.state.context.reportSeq + 1;
    world.messaging.sendControl(workerId, { type: 'resend-reports', jobId, attempt, fromSeq });
    return;
  }
  if (result !== null && !result.ok && result.rejection.code === 'illegal-transition') {
    const { rejection } = result;
    world.log.warn({ jobId, workerId, report: report.kind, rejection }, 'The machine refused a report.');
  }
  world.messaging.sendControl(workerId, { type: 'reports-settled', jobId, attempt, upToSeq: seq });
}
