import { expect, test } from 'vitest';
import { aroundBidiControls, bidiMarkColumns, codePointName, columnsOf } from '../src/shared/format/bidi-controls.ts';

const controls = [...'\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069'];

test('a text is taken apart at every character that changes the order of others, and nothing is lost', () => {
  const text = controls.map((control, index) => `${index}${control}`).join('');
  const pieces = aroundBidiControls(text);
  expect(pieces.filter((_, index) => index % 2 === 1)).toEqual(controls);
  expect(pieces.join('')).toBe(text);
  expect(aroundBidiControls('\u202e')).toEqual(['', '\u202e', '']);
});

test('text of any script without such characters stays in one piece', () => {
  for (const text of ['', 'const a = 1;', 'שלום', 'مرحبا', '👩‍💻 \u200b\u2065'])
    expect(aroundBidiControls(text)).toEqual([text]);
});

test('such a character is told by its code', () => {
  expect(codePointName('\u202e')).toBe('U+202E');
  expect(codePointName('\u061c')).toBe('U+061C');
  for (const control of controls) expect(codePointName(control)).toHaveLength(bidiMarkColumns);
});

test('a mark takes the columns of its code', () => {
  expect(columnsOf('abc')).toBe(3);
  expect(columnsOf('a\u202eb\u2069')).toBe(2 + 2 * bidiMarkColumns);
});
