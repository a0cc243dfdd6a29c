import { buildJobMachine, statuses } from '@yardmaster/domain';
import { describe, expect, test } from 'vitest';
import { plainText } from '../src/shared/format/plain-text.ts';
import { agoText, durationText, sizeText } from '../src/shared/format/quantities.ts';
import {
  displayOf,
  reasonLine,
  statusNames,
  stepUnderWay,
  toneOfStatus,
  tookMs,
} from '../src/shared/jobs/job-display.ts';
import { jobSummary } from './job-summary.ts';

describe('what a build shows', () => {
  test('can be cancelled until it has ended or is being cancelled', () => {
    const cancellable = statuses.filter(
      (status) => displayOf(jobSummary({ id: 'a', status, state: status })).canCancel,
    );
    expect(cancellable).toEqual(['pending', 'queued', 'building', 'running']);
    expect(displayOf(jobSummary({ id: 'a', status: 'building', state: 'cancelling' })).canCancel).toBe(false);
  });

  test('says why it waits', () => {
    const waitingReason = '3 builds ahead of yours.';
    expect(displayOf(jobSummary({ id: 'a', waitingReason })).activity).toBe(waitingReason);
    expect(displayOf(jobSummary({ id: 'a', state: 'backingOff' })).activity).toMatch(/tried again/);
  });

  test('says of every status the same as a filter does', () => {
    for (const status of statuses) {
      const display = displayOf(jobSummary({ id: 'a', status, state: status }));
      expect([display.status, display.tone]).toEqual([statusNames[status], toneOfStatus[status]]);
    }
  });

  test.each([
    ['queued', 'queued', null],
    ['building', 'attemptFailed', null],
    ['building', { building: 'claimed' }, -1],
    ['building', { building: 'extracting' }, 0],
    ['building', { building: 'bundling' }, 3],
    ['running', 'running', 4],
    ['completed', 'completed', null],
  ] as const)('is, %s in %j, at step %s', (status, state, step) => {
    expect(stepUnderWay({ status, state })).toBe(step);
  });

  test('names every step that the machine of a build has', () => {
    const states = Object.keys(buildJobMachine.states.building?.states ?? {}).filter((state) => state !== 'claimed');
    const found = states.map((state) => stepUnderWay({ status: 'building', state: { building: state } }));
    expect(found).toEqual([0, 1, 2, 3]);
  });

  test('says how long it took, once it has begun and ended', () => {
    const startedAt = '2026-01-01T00:00:00.000Z';
    const completedAt = '2026-01-01T00:00:12.500Z';
    expect(tookMs({ startedAt, completedAt })).toBe(12_500);
    expect(tookMs({ startedAt: null, completedAt })).toBeNull();
    expect(tookMs({ startedAt, completedAt: null })).toBeNull();
    expect(tookMs({ startedAt: completedAt, completedAt: startedAt })).toBe(0);
  });

  test('says why it failed in one line', () => {
    const error = { code: 'type-errors', message: '\nType errors:\n  src/App.tsx', hint: null, step: null };
    expect(reasonLine({ error })).toBe('Type errors:');
    expect(reasonLine({ error: null })).toBeNull();
  });

  test.each([
    [-20, '0 s'],
    [8_400, '8 s'],
    [60_000, '1 min'],
    [125_000, '2 min 5 s'],
    [3_840_000, '1 h 4 min'],
  ])('%i ms are %s', (ms, text) => expect(durationText(ms)).toBe(text));

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_500, '2 kB'],
    [999_499, '999 kB'],
    [999_999, '1.0 MB'],
    [62_340_000, '62.3 MB'],
    [999_999_999, '1.0 GB'],
    [2_340_000_000, '2.3 GB'],
  ])('%i bytes are %s', (bytes, text) => expect(sizeText(bytes)).toBe(text));

  test('says how long ago, also by a clock that is behind', () => {
    const at = '2026-01-01T00:00:00.000Z';
    const after = (minutes: number) => agoText(at, Date.parse(at) + minutes * 60_000);
    expect([after(-1), after(0.5), after(5), after(150)]).toEqual(['just now', 'just now', '5 min ago', '2 h ago']);
    expect(after(48 * 60)).toMatch(/2026/);
  });
});

test('a line of a log loses what only a terminal understands, and nothing else', () => {
  const line = '\u001b[1;31merror\u001b[0m \u001b]8;;https://a.b\u0007link\u001b]8;;\u0007\tsrc/App.tsx(3,7)\r';
  expect(plainText(line)).toBe('error link\tsrc/App.tsx(3,7)');
});
