import { buildJobMachine, finalStatuses, type StateValue, type Status, statusOf } from '@yardmaster/domain';
import { aBuild, type BuildHistory } from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';

interface ChartNode {
  readonly key: string;
  readonly type: string;
  readonly states: Readonly<Record<string, ChartNode>>;
}

/** Every state value that the chart can be in. */
function stateValues(node: ChartNode): readonly StateValue[] {
  return Object.values(node.states).flatMap((child): readonly StateValue[] => {
    const inner = stateValues(child);
    return inner.length === 0 ? [child.key] : inner.map((value) => ({ [child.key]: value }));
  });
}

const chart: readonly StateValue[] = stateValues(buildJobMachine.root);

describe('a status', () => {
  const expected: readonly (readonly [StateValue, Status])[] = [
    ['pending', 'pending'],
    ['queued', 'queued'],
    ['dispatched', 'queued'],
    [{ building: 'claimed' }, 'building'],
    [{ building: 'extracting' }, 'building'],
    [{ building: 'installing' }, 'building'],
    [{ building: 'typechecking' }, 'building'],
    [{ building: 'bundling' }, 'building'],
    ['running', 'running'],
    ['attemptFailed', 'building'],
    ['backingOff', 'queued'],
    ['cancelling', 'building'],
    ['completed', 'completed'],
    ['failed', 'failed'],
    ['cancelled', 'cancelled'],
  ];

  test('belongs to every state of the chart', () => {
    expect(chart.map((value) => [value, statusOf(value)])).toEqual(expected);
  });

  test('is final exactly in the final states of the chart', () => {
    for (const [key, node] of Object.entries<ChartNode>(buildJobMachine.root.states)) {
      const value = chart.find((known) => known === key || (typeof known === 'object' && key in known)) ?? key;
      expect({ key, final: finalStatuses.has(statusOf(value)) }).toEqual({ key, final: node.type === 'final' });
    }
  });

  test('of a step that today has no state is that of the state around it', () => {
    expect(statusOf({ building: 'linting' })).toBe('building');
  });

  test.each([['nowhere'], [''], ['constructor'], ['__proto__'], ['toString'], [{}], [{ valueOf: 'queued' }]])(
    'of %j, which no chart has, is not made up',
    (value) => {
      expect(() => statusOf(value)).toThrow(/no state/);
    },
  );
});

describe('progress and text', () => {
  const shown = ({ state }: BuildHistory) => [state.context.progress, state.context.currentStep];

  test.each<[string, BuildHistory, number, string]>([
    ['while the build waits', aBuild().queued(), 0, ''],
    ['once it is dispatched', aBuild().dispatched(), 0, ''],
    ['once a worker claims it', aBuild().claimed(), 0, 'Starting build…'],
    ['when extracting begins', aBuild().inStep('extract'), 10, 'Extracting files…'],
    ['when extracting has ended', aBuild().stepDone('extract'), 10, 'Extracting files…'],
    ['when installing begins', aBuild().inStep('install'), 30, 'Installing dependencies…'],
    ['when type checking begins', aBuild().inStep('typecheck'), 60, 'Type checking…'],
    ['when bundling begins', aBuild().inStep('bundle'), 80, 'Bundling…'],
    ['when bundling has ended', aBuild().stepDone('bundle'), 80, 'Bundling…'],
    ['when the output is published', aBuild().running(), 80, 'Bundling…'],
    ['during the health check of a static preview', aBuild().inStep('preview'), 80, 'Bundling…'],
    [
      'when a development server starts',
      aBuild({ preview: 'dev' }).inStep('preview'),
      80,
      'Starting development server…',
    ],
    ['at the end', aBuild().completed(), 100, 'Build completed'],
    ['during back-off', aBuild().inStep('bundle').stepFailed(), 0, ''],
    ['in the queue for the next attempt', aBuild().inStep('bundle').stepFailed().queued(), 0, ''],
    ['when the next attempt is claimed', aBuild().inStep('bundle').stepFailed().claimed(), 0, 'Starting build…'],
    ['while it is being cancelled', aBuild().inStep('install').cancelled(), 30, 'Installing dependencies…'],
    ['after it was cancelled', aBuild().inStep('install').cancelled().stopped(), 30, 'Installing dependencies…'],
    ['after it failed', aBuild().inStep('typecheck').stepFailed({ retryable: false }), 60, 'Type checking…'],
  ])('%s are as the page shows them', (_, build, progress, text) => {
    expect(shown(build)).toEqual([progress, text]);
  });
});
