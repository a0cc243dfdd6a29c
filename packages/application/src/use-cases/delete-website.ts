import type { JobId, UserId, WebsiteId } from '@yardmaster/domain';
import type { Actors } from '../actors.ts';
import type { ReadModels } from '../projections/read-models.ts';

/**
 * Deletes a website: it leaves every list, its waiting and running builds are cancelled and its previews stop. Events
 * and logs stay, as everything that happened does; sources and outputs go with the removal of what nothing refers to.
 */
export async function deleteWebsite(
  { actors, readModels }: { readonly actors: Actors; readonly readModels: ReadModels },
  {
    websiteId,
    user,
    correlationId,
  }: { readonly websiteId: WebsiteId; readonly user: UserId; readonly correlationId: string },
) {
  const envelope = { actor: { kind: 'user', userId: user } as const, correlationId };
  const deleted = await actors.website.handle(websiteId, { type: 'DeleteWebsite' }, envelope);
  if (!deleted.ok) return deleted;
  const reason = 'The website was deleted.';
  const cancelledBuilds: JobId[] = [];
  for (const job of readModels.openJobs()) {
    if (job.websiteId !== websiteId) continue;
    const cancelled = await actors.buildJob.handle(job.id, { type: 'CancelBuild', reason }, envelope);
    if (cancelled.ok) cancelledBuilds.push(job.id);
  }
  const previews = readModels.livePreviews(websiteId);
  for (const { jobId } of previews) await actors.preview.handle(jobId, { type: 'StopPreview', reason }, envelope);
  return { ok: true as const, position: deleted.position, cancelledBuilds, stoppedPreviews: previews.length };
}
