/** The first, the last, and those around this one; null for a gap of two or more. */
export function pagesShown(page: number, pages: number): readonly (number | null)[] {
  const near = [1, page - 1, page, page + 1, pages].filter((candidate) => candidate >= 1 && candidate <= pages);
  const sorted = [...new Set(near)].sort((a, b) => a - b);
  return sorted.flatMap((shown, index) => {
    const gap = shown - (sorted[index - 1] ?? 0) - 1;
    if (gap === 0) return [shown];
    return gap === 1 ? [shown - 1, shown] : [null, shown];
  });
}
