import { hasTerminalControls, readTerminalLine } from '../../shared/format/plain-text.ts';
import { nearestColour, paletteColour } from './ansi-palette.ts';

/** How text is drawn. Colours are those of a terminal: 0–7, and 8–15 for the bright ones. */
export interface TextStyle {
  readonly colour: number | null;
  readonly background: number | null;
  readonly isBold: boolean;
  readonly isDim: boolean;
  readonly isItalic: boolean;
  readonly isUnderlined: boolean;
  readonly isStruck: boolean;
  readonly isInverse: boolean;
}

export const plainStyle: TextStyle = {
  colour: null,
  background: null,
  isBold: false,
  isDim: false,
  isItalic: false,
  isUnderlined: false,
  isStruck: false,
  isInverse: false,
};

/** A piece of a line that is drawn in one way. */
export interface Segment {
  readonly text: string;
  readonly style: TextStyle;
}

/** The pieces of a line that begins in `start`; their texts make up what `plainText` gives. Never throws. */
export function segmentsOf(line: string, start: TextStyle): readonly Segment[] {
  if (!hasTerminalControls(line)) return line === '' ? [] : [{ text: line, style: start }];
  let segments: Segment[] = [];
  let style = start;
  let isOverwritten = false;
  readTerminalLine(line, {
    text(text) {
      if (isOverwritten) segments = [];
      isOverwritten = false;
      segments.push({ text, style });
    },
    style(parameters) {
      style = styleAfter(style, parameters);
    },
    overwrite() {
      isOverwritten = true;
    },
  });
  return segments;
}

/** The style that is left on at the end of a line, and with which the next begins. By hand: it is done for every line. */
export function styleAtEnd(line: string, start: TextStyle): TextStyle {
  let style = start;
  for (let at = line.indexOf(sequenceStart); at >= 0; at = line.indexOf(sequenceStart, at)) {
    const from = at + sequenceStart.length;
    at = from;
    while (isParameter(line.charCodeAt(at))) at += 1;
    if (line[at] === 'm') style = styleAfter(style, line.slice(from, at));
  }
  return style;
}

const sequenceStart = '\u001b[';

/** From the space to the question mark; what ends a sequence lies above. */
const isParameter = (code: number): boolean => code >= 0x20 && code <= 0x3f;

/** What comes of a style by parameters: there are few styles, and lines mostly use the same few changes. */
const known = new Map<TextStyle, Map<string, TextStyle>>();
const maxKnownPerStyle = 500;
const maxKnownStyles = 500;
const styles = new Map<string, TextStyle>([[Object.values(plainStyle).join(), plainStyle]]);

/** Styles that are alike are the same object. */
function styleAfter(start: TextStyle, parameters: string): TextStyle {
  const after = known.get(start) ?? new Map<string, TextStyle>();
  const there = after.get(parameters);
  if (there !== undefined) return there;
  if (after.size >= maxKnownPerStyle) after.clear();
  if (!known.has(start) && known.size >= maxKnownStyles) known.clear();
  known.set(start, after);
  const worked = workedOut(start, parameters);
  const name = Object.values(worked).join();
  const style = styles.get(name) ?? worked;
  styles.set(name, style);
  after.set(parameters, style);
  return style;
}

/** `38;5;n`, `38;2;r;g;b` and the same with colons belong together; anything else is a code for itself. */
function workedOut(start: TextStyle, parameters: string): TextStyle {
  if (parameters === '' || parameters === '0') return plainStyle;
  let style = start;
  const fields = parameters.split(';');
  for (let index = 0; index < fields.length; index += 1) {
    const [code = 0, ...parts] = (fields[index] ?? '').split(':').map(Number);
    if (code !== 38 && code !== 48) {
      style = withCode(style, code);
      continue;
    }
    const following = parts.length > 0 ? parts : fields.slice(index + 1, index + 5).map(Number);
    const { colour, used } = extendedColour(following, parts.length > 0);
    if (parts.length === 0) index += used;
    if (colour !== null) style = { ...style, [code === 38 ? 'colour' : 'background']: colour };
  }
  return style;
}

function extendedColour(
  [kind, ...rest]: readonly number[],
  hasColons: boolean,
): { readonly colour: number | null; readonly used: number } {
  if (kind === 5) return { colour: paletteColour(rest[0]), used: 2 };
  if (kind !== 2) return { colour: null, used: 1 };
  // With colons a colour space may stand before the three; it is mostly left empty.
  const [red, green, blue] = hasColons && rest.length > 3 ? rest.slice(1) : rest;
  return { colour: nearestColour(red, green, blue), used: 4 };
}

function withCode(style: TextStyle, code: number): TextStyle {
  const change = changes.get(code);
  if (code === 0) return plainStyle;
  if (change !== undefined) return { ...style, ...change };
  if (code >= 30 && code <= 37) return { ...style, colour: code - 30 };
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code >= 90 && code <= 97) return { ...style, colour: code - 82 };
  if (code >= 100 && code <= 107) return { ...style, background: code - 92 };
  return style;
}

const changes: ReadonlyMap<number, Partial<TextStyle>> = new Map([
  [1, { isBold: true }],
  [2, { isDim: true }],
  [3, { isItalic: true }],
  [4, { isUnderlined: true }],
  [7, { isInverse: true }],
  [9, { isStruck: true }],
  [21, { isUnderlined: true }],
  [22, { isBold: false, isDim: false }],
  [23, { isItalic: false }],
  [24, { isUnderlined: false }],
  [27, { isInverse: false }],
  [29, { isStruck: false }],
  [39, { colour: null }],
  [49, { background: null }],
]);

/** The classes of log.css that draw a style; none for plain text. */
export function styleClasses(style: TextStyle): string {
  if (style === plainStyle) return '';
  const { colour, background, isInverse } = style;
  const ground = isInverse ? (colour ?? 'fg') : background;
  return [
    ground !== null ? `log-on-${ground}` : colour !== null ? `log-${colour}` : style.isDim ? 'text-muted' : '',
    style.isBold ? 'font-bold' : '',
    style.isItalic ? 'italic' : '',
    style.isUnderlined ? 'underline' : '',
    style.isStruck ? 'line-through' : '',
  ]
    .filter((name) => name !== '')
    .join(' ');
}
