import { JobId, type Report, WorkerId } from '@yardmaster/domain';
import { describe, expect, it } from 'vitest';
import { gatherReports } from '../../src/orchestrator/gather-reports.ts';
import { createManualClock } from '../projections/manual-clock.ts';

function aGathering() {
  const clock = createManualClock('2026-03-01T08:00:00.000Z');
  /** The reports that were handed on in one breath. */
  const breaths: string[][] = [];
  let breath: string[] = [];
  const gather = gatherReports(clock, async ({ jobId, report }) => {
    if (breath.length === 0) queueMicrotask(() => (breath = []));
    if (breath.push(`${jobId} ${report.seq}`) === 1) breaths.push(breath);
  });
  const workerId = WorkerId.parse('worker-1');
  return {
    clock,
    breaths,
    report: (kind: Report['kind'], seq: number, job = 'a') =>
      gather({
        workerId,
        jobId: JobId.parse(job),
        report: { kind, attempt: 1, seq } as Report, // The rest of a report concerns nobody here.
        sequence: seq,
      }),
  };
}

describe('reports that are gathered', () => {
  it('go on together where one follows at once on the other, in their order', async () => {
    const { report, breaths } = aGathering();
    await report('step-started', 1);
    await Promise.all([report('step-completed', 2), report('output-published', 3), report('step-started', 4)]);
    expect(breaths).toEqual([['a 1'], ['a 2', 'a 3', 'a 4']]);
  });

  it('wait no longer than a moment for what does not come', async () => {
    const { report, breaths, clock } = aGathering();
    const waiting = report('step-completed', 1);
    expect(breaths).toEqual([]);
    clock.advance(20);
    await waiting;
    expect(breaths).toEqual([['a 1']]);
    expect(clock.timers).toBe(0);
  });

  it('wait for none of another build', async () => {
    const { report, breaths, clock } = aGathering();
    const waiting = report('step-completed', 1, 'a');
    await report('step-started', 1, 'b');
    expect(breaths).toEqual([['b 1']]);
    clock.advance(20);
    await waiting;
    expect(breaths).toEqual([['b 1'], ['a 1']]);
  });
});
