import { WorkerId, type WorkerLoss } from '@yardmaster/domain';
import { describe, expect, test } from 'vitest';
import { lossFacts, whySetAside } from '../src/shared/dead-letters/loss-words.ts';

const loss = (attempt: number, given: Partial<WorkerLoss> = {}): WorkerLoss => ({
  attempt,
  workerId: WorkerId.parse('worker-1'),
  step: 'install',
  reason: 'It fell silent.',
  alone: true,
  ...given,
});

describe('why a build was set aside', () => {
  test('is that it was alone with its worker more than once', () => {
    expect(whySetAside([loss(1), loss(2)])).toMatch(/^Its worker was lost twice while it had this build only/);
    expect(whySetAside([loss(1), loss(2, { alone: false }), loss(3), loss(4)])).toMatch(/^Its worker was lost 3 times/);
  });

  test('or that no attempt was left, however often a worker was lost before', () => {
    expect(whySetAside([loss(3, { alone: false })])).toBe('The last of its attempts lost its worker.');
    expect(whySetAside([loss(1), loss(3, { alone: false })])).toBe(
      'The last of its attempts lost its worker, as once before.',
    );
  });
});

test('a lost attempt says where it was and what else its worker had', () => {
  expect(lossFacts(loss(1))).toEqual({ place: 'at “Install”', company: 'Alone on the worker' });
  expect(lossFacts(loss(1, { step: null, alone: false }))).toEqual({
    place: 'before its first step',
    company: 'Not known to be alone',
  });
});
