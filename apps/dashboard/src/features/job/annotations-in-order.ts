import type { Annotation } from '@yardmaster/domain';

/** "bad2" before "bad10", as people count. */
const files = new Intl.Collator('en', { numeric: true });

/** File by file; in a file errors come before warnings, and each kind in the order in which it was reported. */
export function annotationsInOrder(annotations: readonly Annotation[]): readonly Annotation[] {
  return annotations.toSorted((a, b) => files.compare(a.file, b.file) || rank(a) - rank(b));
}

const rank = ({ severity }: Annotation): number => (severity === 'error' ? 0 : 1);
