import { describe, expect, it, test } from 'vitest';
import { plainStyle, segmentsOf, styleAtEnd, styleClasses, type TextStyle } from '../src/features/log/ansi.ts';
import { nearestColour, paletteColour } from '../src/features/log/ansi-palette.ts';
import { markedSegments } from '../src/features/log/marked-segments.ts';
import { plainText } from '../src/shared/format/plain-text.ts';

const esc = '\u001b';
/** Each piece of a line as its text and what is special about it. */
const pieces = (line: string, start: TextStyle = plainStyle) =>
  segmentsOf(line, start).map(({ text, style }) => [
    text,
    Object.fromEntries(Object.entries(style).filter(([, value]) => value !== null && value !== false)),
  ]);

describe('a line of terminal output', () => {
  it('is one plain piece without controls, and none when it is empty', () => {
    expect(pieces('plain')).toEqual([['plain', {}]]);
    expect(pieces('')).toEqual([]);
    expect(pieces(`${esc}[31m${esc}[0m`)).toEqual([]);
  });

  it('is drawn in the 16 colours, in front of and behind text', () => {
    expect(pieces(`${esc}[31mred${esc}[92mbright${esc}[39;44mback${esc}[103mbrighter${esc}[49mnone`)).toEqual([
      ['red', { colour: 1 }],
      ['bright', { colour: 10 }],
      ['back', { background: 4 }],
      ['brighter', { background: 11 }],
      ['none', {}],
    ]);
  });

  it('takes bold, dim, italic, underlined, inverse and struck on and off one by one', () => {
    const all = `${esc}[1;2;3;4;7;9mall${esc}[22mb${esc}[23mc${esc}[24md${esc}[27me${esc}[29mf`;
    expect(pieces(all)).toEqual([
      ['all', { isBold: true, isDim: true, isItalic: true, isUnderlined: true, isInverse: true, isStruck: true }],
      ['b', { isItalic: true, isUnderlined: true, isInverse: true, isStruck: true }],
      ['c', { isUnderlined: true, isInverse: true, isStruck: true }],
      ['d', { isInverse: true, isStruck: true }],
      ['e', { isStruck: true }],
      ['f', {}],
    ]);
  });

  it.each([
    ['38;5;196', { colour: 9 }],
    ['38;5;2', { colour: 2 }],
    ['38;5;240', { colour: 8 }],
    ['38;2;0;0;200', { colour: 4 }],
    ['38:2::0:0:200', { colour: 4 }],
    ['38:5:196', { colour: 9 }],
    ['48;5;22', { background: 2 }],
    ['1;38;5;196;4', { isBold: true, colour: 9, isUnderlined: true }],
    ['38;5;196;48;2;0;0;200', { colour: 9, background: 4 }],
  ])('takes the codes of an extended colour together: %s', (codes, style) => {
    expect(pieces(`${esc}[${codes}mx`)).toEqual([['x', style]]);
  });

  it.each([
    ['an unknown code', `${esc}[31;77mx`, [['x', { colour: 1 }]]],
    ['an empty field, which is 0', `${esc}[31;mx`, [['x', {}]]],
    ['an extended colour that is cut off', `${esc}[38;5mx`, [['x', {}]]],
    ['one of no kind', `${esc}[38mx`, [['x', {}]]],
    ['one beyond the palette', `${esc}[38;5;999mx`, [['x', {}]]],
    ['a sequence that never ends', `x${esc}[31`, [['x', {}]]],
    ['a lonely escape', `x${esc}`, [['x', {}]]],
    ['parameters that are no numbers', `${esc}[<=>mx`, [['x', {}]]],
    ['a link that never ends', `a${esc}]8;;https://x`, [['a', {}]]],
  ])('survives %s', (_, line, expected) => {
    expect(pieces(line)).toEqual(expected);
  });

  it.each([
    ['a link ended by BEL', `${esc}]8;;https://vite.dev\u0007here${esc}]8;;\u0007 on`, 'here on'],
    ['a link ended by ST', `${esc}]8;;https://vite.dev${esc}\\here${esc}]8;;${esc}\\ on`, 'here on'],
    ['a title', `${esc}]0;npm run build\u0007> build`, '> build'],
    ['movements of the cursor', `a${esc}[2Cb${esc}[?25lc`, 'abc'],
    ['a character set', `${esc}(Babc`, 'abc'],
    ['a bell and a null', 'a\u0007b\u0000c', 'abc'],
    ['no tab', 'a\tb', 'a\tb'],
  ])('is shown without %s', (_, line, text) => {
    expect(plainText(line)).toBe(text);
    expect(
      segmentsOf(line, plainStyle)
        .map((segment) => segment.text)
        .join(''),
    ).toBe(text);
  });

  it.each([
    ['10%\r50%\r100% done', '100% done'],
    ['100%\r', '100%'],
    [`⠋ resolving${esc}[1G${esc}[2K⠙ fetching`, '⠙ fetching'],
    [`old${esc}[2K${esc}[0Gnew`, 'new'],
  ])('shows of a progress bar the last state: %j', (line, text) => {
    expect(plainText(line)).toBe(text);
    expect(pieces(line).map(([piece]) => piece)).toEqual([text]);
  });

  it('keeps what an overwritten part has set', () => {
    expect(pieces(`${esc}[32m10%\r100%`)).toEqual([['100%', { colour: 2 }]]);
  });

  it('goes on in the style that the line before left on', () => {
    const left = styleAtEnd(`plain ${esc}[1;31mred`, plainStyle);
    expect(pieces('still red', left)).toEqual([['still red', { isBold: true, colour: 1 }]]);
    expect(styleAtEnd(`until here${esc}[0m`, left)).toEqual(plainStyle);
    expect(styleAtEnd('no change', left)).toBe(left);
  });
});

describe('colours that a page has no name for', () => {
  test.each([
    [[255, 0, 0], 9],
    [[180, 20, 20], 1],
    [[200, 190, 10], 3],
    [[0, 128, 0], 2],
    [[0, 200, 200], 6],
    [[20, 30, 160], 4],
    [[200, 0, 200], 5],
    [[250, 0, 100], 9],
    [[10, 10, 10], 0],
    [[128, 128, 128], 8],
    [[190, 190, 190], 7],
    [[255, 255, 255], 15],
  ])('%j is nearest to %i', ([r, g, b], colour) => {
    expect(nearestColour(r, g, b)).toBe(colour);
  });

  it('are known for the whole palette, and for nothing else', () => {
    const all = Array.from({ length: 256 }, (_, index) => paletteColour(index));
    expect(all.every((colour) => colour !== null && colour >= 0 && colour <= 15)).toBe(true);
    expect(all.slice(0, 16)).toEqual(Array.from({ length: 16 }, (_, index) => index));
    expect([paletteColour(-1), paletteColour(256), paletteColour(1.5), paletteColour()]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('the classes of a style', () => {
  it('put text on a ground of its colour when it is inverse, and never colour on colour', () => {
    expect(styleClasses(plainStyle)).toBe('');
    expect(styleClasses({ ...plainStyle, colour: 1, isBold: true })).toBe('log-1 font-bold');
    expect(styleClasses({ ...plainStyle, colour: 1, background: 4 })).toBe('log-on-4');
    expect(styleClasses({ ...plainStyle, colour: 1, isInverse: true })).toBe('log-on-1');
    expect(styleClasses({ ...plainStyle, isInverse: true })).toBe('log-on-fg');
    expect(styleClasses({ ...plainStyle, isDim: true })).toBe('text-muted');
  });
});

describe('what was searched for', () => {
  it('is marked across pieces of different colours, and the current match apart', () => {
    const segments = segmentsOf(`an ${esc}[31merr${esc}[0mor and an error`, plainStyle);
    const marked = markedSegments(segments, /error/gi, 3).map(({ text, mark }) => [text, mark]);
    expect(marked).toEqual([
      ['an ', 'none'],
      ['err', 'current'],
      ['or', 'current'],
      [' and an ', 'none'],
      ['error', 'match'],
    ]);
  });

  it('leaves a line alone that does not have it', () => {
    const segments = segmentsOf('nothing here', plainStyle);
    expect(markedSegments(segments, /error/gi, null)).toEqual([{ ...segments[0], mark: 'none' }]);
  });
});
