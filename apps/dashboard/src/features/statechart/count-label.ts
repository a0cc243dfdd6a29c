const maxExact = 9_999;

/** How often, in at most five characters, for which the chart has room; the tooltip has the exact number. */
export function countLabel(count: number): string {
  return count <= maxExact ? `×${count}` : '×10k+';
}
