import type { JobsView } from '../../shared/jobs/jobs-store.ts';

/**
 * Tells when a build appears whose website nobody has listed yet. Each is told of once: a website that was deleted is
 * never listed again, although its builds are there.
 */
export function createWebsiteWatch() {
  const seen = new Set<string>();
  return ({ active, ended }: JobsView, listed: readonly { readonly id: string }[]): boolean => {
    for (const { id } of listed) seen.add(id);
    const unseen = [...active, ...ended].filter(({ websiteId }) => !seen.has(websiteId));
    for (const { websiteId } of unseen) seen.add(websiteId);
    return unseen.length > 0;
  };
}
