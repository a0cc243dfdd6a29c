import { expect, it } from 'vitest';
import { createLineSplitter, maxLineLength } from '../../src/sandbox/line-splitter.ts';

const split = (...chunks: readonly (string | Buffer)[]): readonly string[] => {
  const lines: string[] = [];
  const splitter = createLineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
};

it.each<[string, readonly (string | Buffer)[], readonly string[]]>([
  ['cuts at line ends of both kinds', ['a\nb\r\n\nc\n'], ['a', 'b', '', 'c']],
  ['keeps the text of a line whose end was made twice', ['a\r\r\nb\r', '\r\nc\r\r', '\n'], ['a', 'b', 'c']],
  ['joins what came in pieces', ['a', 'b\nc', '\n'], ['ab', 'c']],
  ['joins a line end that came in pieces', ['a\r', '\nb\n'], ['a', 'b']],
  ['gives out what has no line end', ['a\nb'], ['a', 'b']],
  ['keeps only the last state of a progress bar', ['10%\r20%\r', '30%\rdone\n'], ['done']],
  ['keeps the last state of a progress bar that just stops', ['10%\r20%\r'], ['20%']],
  ['joins characters that came in pieces', [Buffer.from([0xe2, 0x82]), Buffer.from([0xac, 0x0a])], ['€']],
  ['keeps colours', ['\x1b[31mred\x1b[0m\n'], ['\x1b[31mred\x1b[0m']],
  ['takes out cursor movement', ['\x1b[2K\x1b[1G\x1b[2mstep\x1b[22m\n'], ['\x1b[2mstep\x1b[22m']],
  ['takes out hyperlinks but not their text', ['\x1b]8;;https://example.org\x07text\x1b]8;;\x07\n'], ['text']],
])('%s', (_name, chunks, expected) => {
  expect(split(...chunks)).toEqual(expected);
});

it('cuts an endless line once, and goes on after it', () => {
  const lines = split('x'.repeat(maxLineLength), 'x'.repeat(maxLineLength * 3), 'x\nnext\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]?.length).toBeLessThan(maxLineLength + 50);
  expect(lines[0]).toMatch(/line cut/);
  expect(lines[1]).toBe('next');
});
