import { buildJobDecider, maxStepTimeoutMs, type Report, type Step, steps } from '@yardmaster/domain';
import {
  aBuild,
  aMoment,
  anArtifactId,
  aStepTimeoutMs,
  aWorkerId,
  type BuildHistory,
  given,
  momentsLater,
  nextReport,
  outputPublished,
  reportFrom,
  stepCompleted,
  stepFailed,
  stepStarted,
  stopped,
} from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';

const whenReported = (build: BuildHistory, report: Report) =>
  given(buildJobDecider, build.events).when(reportFrom(build.state, report));

describe('a report', () => {
  test('of a step that begins is recorded with the deadline that follows from it', () => {
    whenReported(aBuild().claimed(), stepStarted('extract', { attempt: 1, seq: 1 })).then([
      {
        type: 'StepStarted',
        data: { attempt: 1, seq: 1, step: 'extract', timeoutMs: 60_000, deadlineAt: momentsLater(aStepTimeoutMs) },
      },
    ]);
  });

  test('that asks for more time than a step may have gets the longest there is', () => {
    const greedy = { ...stepStarted('extract', { attempt: 1, seq: 1 }), timeoutMs: Number.MAX_SAFE_INTEGER };
    whenReported(aBuild().claimed(), greedy).then([
      {
        type: 'StepStarted',
        data: {
          attempt: 1,
          seq: 1,
          step: 'extract',
          timeoutMs: maxStepTimeoutMs,
          deadlineAt: momentsLater(maxStepTimeoutMs),
        },
      },
    ]);
  });

  test('of a step that ends is recorded with what it used', () => {
    const { kind: _, ...data } = stepCompleted('extract', { attempt: 1, seq: 2 });
    whenReported(aBuild().inStep('extract'), { kind: 'step-completed', ...data }).then([
      { type: 'StepCompleted', data },
    ]);
  });

  test('of published output is recorded and starts the health check', () => {
    const built = aBuild().stepDone('bundle');
    const { kind: _, ...data } = outputPublished(nextReport(built.state));
    whenReported(built, { kind: 'output-published', ...data }).then([{ type: 'OutputPublished', data }]);
    expect(aBuild().running().state.context.outputArtifactId).toBe(anArtifactId(2));
  });

  test('of the end completes the build', () => {
    const checked = aBuild().stepDone('preview');
    const at = nextReport(checked.state);
    whenReported(checked, { kind: 'finished', ...at }).then([{ type: 'BuildCompleted', data: at }]);
  });
});

describe('numbering', () => {
  const build = aBuild().inStep('install');
  const seq = build.state.context.reportSeq;

  test('makes every report up to the last applied a duplicate without effect, whatever it says', () => {
    for (let duplicate = 1; duplicate <= seq; duplicate += 1) {
      whenReported(build, stepStarted('extract', { attempt: 1, seq: duplicate })).thenNothing();
      whenReported(build, stepFailed('install', { attempt: 1, seq: duplicate })).thenNothing();
    }
  });

  test('accepts exactly the next report', () => {
    const { kind: _, ...data } = stepCompleted('install', { attempt: 1, seq: seq + 1 });
    whenReported(build, { kind: 'step-completed', ...data }).then([{ type: 'StepCompleted', data }]);
  });

  test.each([[2], [3], [100]])('refuses a report %i ahead, so that the missing ones are asked for', (ahead) => {
    whenReported(build, stepCompleted('install', { attempt: 1, seq: seq + ahead })).thenRejected('report-gap');
  });

  test('begins at 1 in each attempt', () => {
    const again = build.stepFailed().claimed();
    whenReported(again, stepStarted('extract', { attempt: 2, seq: 1 })).then([
      {
        type: 'StepStarted',
        data: { attempt: 2, seq: 1, step: 'extract', timeoutMs: 60_000, deadlineAt: momentsLater(60_000) },
      },
    ]);
    whenReported(again, stepStarted('extract', { attempt: 2, seq: 2 })).thenRejected('report-gap');
  });

  test('does not hold back a worker that gives the build up', () => {
    given(buildJobDecider, build.events)
      .when(reportFrom(build.state, stopped({ attempt: 1, seq: seq + 5 })), { random: 0 })
      .then([
        { type: 'AttemptAbandoned', data: { attempt: 1, workerId: aWorkerId(), proven: true } },
        { type: 'RetryScheduled', data: { attempt: 1, delayMs: 250, dueAt: momentsLater(250) } },
      ]);
  });
});

describe('a stale report', () => {
  const again = aBuild().inStep('install').stepFailed().inStep('install');

  test('of an earlier attempt is refused, whatever its number', () => {
    for (const seq of [1, 3, 4, 99]) {
      whenReported(again, stepCompleted('install', { attempt: 1, seq })).thenRejected('stale-attempt');
    }
  });

  test('of an attempt that has not begun is refused', () => {
    whenReported(again, stepCompleted('install', { attempt: 3, seq: 4 })).thenRejected('stale-attempt');
  });

  test('of another worker is refused', () => {
    given(buildJobDecider, again.events)
      .when({
        type: 'RecordReport',
        workerId: aWorkerId(2),
        report: stepCompleted('install', nextReport(again.state)),
      })
      .thenRejected('stale-attempt');
  });

  test.each([
    ['before it was requested', aBuild()],
    ['that waits', aBuild().queued()],
    ['that nobody claimed', aBuild().dispatched()],
    ['that backs off', aBuild().inStep('install').stepFailed()],
    ['that has completed', aBuild().completed()],
    ['that was cancelled', aBuild().queued().cancelled()],
  ])('is what any report is for a build %s', (_, build) => {
    const { attempt } = build.state.context;
    for (const at of [attempt, attempt + 1]) {
      whenReported(build, stepStarted('extract', { attempt: at, seq: 1 })).thenRejected('stale-attempt');
      whenReported(build, { kind: 'finished', attempt: at, seq: 1 }).thenRejected('stale-attempt');
    }
  });
});

describe('the order of the steps', () => {
  /** The moments of an attempt between reports, and what may begin then. */
  const moments: readonly (readonly [string, BuildHistory, Step | null])[] = [
    ['after the claim', aBuild().claimed(), 'extract'],
    ['during extract', aBuild().inStep('extract'), null],
    ['after extract', aBuild().stepDone('extract'), 'install'],
    ['during install', aBuild().inStep('install'), null],
    ['after install', aBuild().stepDone('install'), 'typecheck'],
    ['during typecheck', aBuild().inStep('typecheck'), null],
    ['after typecheck', aBuild().stepDone('typecheck'), 'bundle'],
    ['during bundle', aBuild().inStep('bundle'), null],
    ['after bundle', aBuild().stepDone('bundle'), null],
    ['after the output was published', aBuild().running(), 'preview'],
    ['during preview', aBuild().inStep('preview'), null],
    ['after preview', aBuild().stepDone('preview'), null],
  ];

  test.each(moments)('%s lets only one step begin, if any', (_, build, allowed) => {
    for (const step of steps) {
      const outcome = buildJobDecider.decide(
        reportFrom(build.state, stepStarted(step, nextReport(build.state))),
        build.state,
        { now: aMoment, random: 0 },
      );
      expect({ step, accepted: outcome.ok }).toEqual({ step, accepted: step === allowed });
    }
  });

  test.each(moments)('%s lets only the running step end', (moment, build) => {
    const current = moment.startsWith('during ') ? build.state.context.step : null;
    for (const step of steps) {
      for (const report of [stepCompleted(step, nextReport(build.state)), stepFailed(step, nextReport(build.state))]) {
        const outcome = buildJobDecider.decide(reportFrom(build.state, report), build.state, {
          now: aMoment,
          random: 0,
        });
        expect({ step, kind: report.kind, accepted: outcome.ok }).toEqual({
          step,
          kind: report.kind,
          accepted: step === current,
        });
      }
    }
  });

  test.each(moments.filter(([moment]) => moment !== 'after bundle'))('%s refuses published output', (_, build) => {
    whenReported(build, outputPublished(nextReport(build.state))).thenRejected('illegal-transition');
  });

  test.each(moments.filter(([moment]) => moment !== 'after preview'))('%s refuses the end', (_, build) => {
    whenReported(build, { kind: 'finished', ...nextReport(build.state) }).thenRejected('illegal-transition');
  });
});
