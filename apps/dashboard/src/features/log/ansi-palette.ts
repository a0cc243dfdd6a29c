/**
 * The 256 colours and the 16 million of a terminal, each as the nearest of its 16 named ones: only of those it is known
 * that they can be read on a light and on a dark page.
 */

const [black, red, green, yellow, blue, magenta, cyan, white] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const brightBy = 8;
/** By sixths of the colour circle, beginning half a sixth before red. */
const byHue = [red, yellow, green, cyan, blue, magenta] as const;

/** How far apart the strongest and the weakest part of a colour are, of 255, below which it is a grey. */
const greyBelow = 40;
/** How strong its strongest part is, of 255, from which it counts as bright. */
const brightFrom = 224;

/** Entry `index` of the 256-colour palette of xterm; null when there is none. */
export function paletteColour(index = -1): number | null {
  if (!Number.isInteger(index) || index < 0 || index > 255) return null;
  if (index < 16) return index;
  if (index >= 232) return nearestColour(...grey(8 + (index - 232) * 10));
  const cube = index - 16;
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  return nearestColour(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

const grey = (level: number): [number, number, number] => [level, level, level];

/** Parts from 0 to 255; null when one is missing or no number. */
export function nearestColour(r = Number.NaN, g = Number.NaN, b = Number.NaN): number | null {
  if (Number.isNaN(r + g + b)) return null;
  const strongest = Math.max(r, g, b);
  const range = strongest - Math.min(r, g, b);
  if (range < greyBelow) return nearestGrey(strongest);
  const sixth = strongest === r ? (g - b) / range : strongest === g ? 2 + (b - r) / range : 4 + (r - g) / range;
  const hue = byHue[Math.round(sixth + 6) % 6] ?? red;
  return strongest >= brightFrom ? hue + brightBy : hue;
}

function nearestGrey(level: number): number {
  if (level < 64) return black;
  if (level < 160) return black + brightBy;
  return level < brightFrom ? white : white + brightBy;
}
