import type { Annotation } from '@yardmaster/domain';
import { expect, test } from 'vitest';
import { annotationCounts } from '../src/features/job/annotation-list.tsx';
import { annotationsInOrder } from '../src/features/job/annotations-in-order.ts';
import { BuildSearch } from '../src/features/job/build-search.ts';
import { curlForEvents, eventsBackText, titleOf } from '../src/features/job/build-texts.ts';
import { caretIndent, parseExcerpt } from '../src/features/job/excerpt.ts';
import { momentOf } from '../src/features/job/use-moment.ts';
import { bidiMarkColumns } from '../src/shared/format/bidi-controls.ts';
import { jobSummary } from './job-summary.ts';

test('the tab says how the build goes before it says which one it is', () => {
  const job = jobSummary({ id: 'job-1', websiteName: 'corner-shop', buildNumber: 7, queuePosition: 2 });
  expect(titleOf(job)).toBe('Queued, position 2 · corner-shop #7');
  const building = { ...job, status: 'building', state: { building: 'typechecking' }, progress: 60 } as const;
  expect(titleOf({ ...building, queuePosition: null })).toBe('Building 60 % · corner-shop #7');
  expect(titleOf({ ...job, status: 'completed', state: 'completed' })).toBe('✓ corner-shop #7');
  expect(titleOf({ ...job, status: 'failed', state: 'failed' })).toBe('✗ corner-shop #7');
  expect(titleOf({ ...job, status: 'cancelled', state: 'cancelled' })).toBe('Cancelled · corner-shop #7');
});

test('the last revision and what lies beyond it is live, not a moment', () => {
  expect(momentOf(3, 22)).toBe(3);
  expect(momentOf(0, 22)).toBe(0);
  expect(momentOf(22, 22)).toBeNull();
  expect(momentOf(99, 22)).toBeNull();
  expect(momentOf(null, 22)).toBeNull();
});

test('what is no moment in an address is passed over', () => {
  expect(BuildSearch.parse({ at: 3, line: 12 })).toEqual({ at: 3, line: 12 });
  for (const at of [-1, 1.5, 'soon', null]) expect(BuildSearch.parse({ at })).toEqual({});
});

test('an excerpt is taken apart into numbered lines, of which one is marked', () => {
  const excerpt = '   9 | function App() {\n> 10 |   const a = 1 | 2;\n  11 | ';
  expect(parseExcerpt(excerpt)).toEqual([
    { number: 9, text: 'function App() {', isMarked: false },
    { number: 10, text: '  const a = 1 | 2;', isMarked: true },
    { number: 11, text: '', isMarked: false },
  ]);
});

test('an excerpt in another form is not taken apart', () => {
  expect(parseExcerpt('const a = 1;')).toBeNull();
  expect(parseExcerpt('> 10 | const a = 1;\n…')).toBeNull();
});

test('the caret stands under its column, tabs or not, and nowhere where the line was cut short', () => {
  expect(caretIndent('  const a = 1;', 9)).toBe('        ');
  expect(caretIndent('\tconst a = 1;', 8)).toBe('\t      ');
  expect(caretIndent('a', 1)).toBe('');
  expect(caretIndent('abc', 4)).toBe('   ');
  expect(caretIndent('abc', 5)).toBeNull();
  expect(caretIndent('a\u202eb', 3)).toBe(' '.repeat(1 + bidiMarkColumns));
});

const annotation = (file: string, severity: Annotation['severity'], line = 1): Annotation => ({
  file,
  severity,
  line,
  column: 1,
  code: null,
  message: 'No.',
  excerpt: null,
});

test('annotations are counted by severity and file', () => {
  expect(annotationCounts([annotation('a.ts', 'error')])).toBe('1 error in 1 file');
  const many = [annotation('a.ts', 'error'), annotation('b.ts', 'error'), annotation('a.ts', 'warning')];
  expect(annotationCounts(many)).toBe('2 errors, 1 warning in 2 files');
});

test('annotations come by file as people count, errors before warnings, and else as they were reported', () => {
  const reported = [
    annotation('bad10.ts', 'error'),
    annotation('bad2.ts', 'warning', 1),
    annotation('bad2.ts', 'error', 7),
    annotation('bad1.ts', 'error'),
    annotation('bad2.ts', 'error', 3),
  ];
  expect(annotationsInOrder(reported).map(({ file, line }) => `${file}:${line}`)).toEqual([
    'bad1.ts:1',
    'bad2.ts:7',
    'bad2.ts:3',
    'bad2.ts:1',
    'bad10.ts:1',
  ]);
});

test('how far the past lies back is counted in events', () => {
  expect(eventsBackText(1)).toBe('1 event back');
  expect(eventsBackText(11)).toBe('11 events back');
});

test('the command for scripts carries no secret', () => {
  expect(curlForEvents('http://localhost:4000', '/api/website-builder/jobs/job-1/events')).toBe(
    `curl -H "Authorization: Bearer $YARDMASTER_TOKEN" 'http://localhost:4000/api/website-builder/jobs/job-1/events'`,
  );
});
