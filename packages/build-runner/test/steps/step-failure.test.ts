import { type Annotation, maxAnnotations } from '@yardmaster/domain';
import { expect, test } from 'vitest';
import { StepFailed } from '../../src/steps/step-failure.ts';

const failure = { code: 'type-errors', message: 'It failed.', hint: null, retryable: false };
const annotation = (text: string): Annotation => ({
  file: text.repeat(1_000),
  line: 1,
  column: 1,
  code: 'TS2322',
  message: text.repeat(2_000),
  excerpt: text.repeat(1_000),
  severity: 'error',
});

test.each([
  ['letters', 'a', maxAnnotations],
  ['characters of three bytes', '\u65e5', 33],
  ['characters that JSON escapes', '\u001b', 16],
])('a failure told in %s keeps as many annotations as a report and an append can carry', (_what, text, count) => {
  const all = Array.from({ length: maxAnnotations + 1 }, () => annotation(text));
  const { annotations } = new StepFailed(failure, all);
  expect(annotations).toEqual(all.slice(0, count));
  expect(Buffer.byteLength(JSON.stringify(annotations))).toBeLessThan(401_000);
});
