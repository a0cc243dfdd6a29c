import type { ReadModels, WebsiteRecord } from '@yardmaster/application';
import type { WebsiteView } from '@yardmaster/protocol';
import type { Addresses } from '../addresses.ts';

export function websiteView(
  record: WebsiteRecord,
  { addresses, readModels }: { readonly addresses: Addresses; readonly readModels: ReadModels },
): WebsiteView {
  const { id, name, slug, type, createdAt, buildCount, currentJobId, latestGoodJobId } = record;
  const isLive = latestGoodJobId !== null && readModels.job(latestGoodJobId)?.previewLive === true;
  return {
    id,
    name,
    slug,
    type,
    createdAt,
    buildCount,
    currentJobId,
    latestPreviewUrl: isLive ? addresses.previewUrl(slug) : null,
  };
}
