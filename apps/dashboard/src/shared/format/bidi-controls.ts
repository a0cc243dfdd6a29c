/** Characters that change the order in which text is drawn: what is read would not be what is there. */
const bidiControl = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const bidiControls = new RegExp(bidiControl, 'g');
const aroundControls = new RegExp(`(${bidiControl.source})`);

/** How many columns of a fixed-width font the mark for such a character takes: "U+202E". */
export const bidiMarkColumns = 6;

/** The text in pieces, of which every second one is such a character. */
export function aroundBidiControls(text: string): readonly string[] {
  return bidiControl.test(text) ? text.split(aroundControls) : [text];
}

/** How such a character is called: "U+202E". */
export function codePointName(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** How many columns a text takes when such characters are shown by their marks. */
export function columnsOf(text: string): number {
  if (!bidiControl.test(text)) return text.length;
  return text.length + (text.match(bidiControls)?.length ?? 0) * (bidiMarkColumns - 1);
}
