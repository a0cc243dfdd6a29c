import type { JobSummary } from '@yardmaster/protocol';
import { RequestFailed, rawLogPath, troubleIn, unreachable } from '../../shared/api/api.ts';
import { saveFile } from '../../shared/ui/save-file.ts';

/** Gives the reader a build's whole log as a text file. Throws {@link RequestFailed}. */
export async function saveLog({ id, websiteName, buildNumber }: JobSummary): Promise<void> {
  // By a request of its own: what a browser asks for by following a link is JSON as much as text.
  const response = await fetch(rawLogPath(id), { headers: { Accept: 'text/plain' } }).catch((cause: unknown) => {
    throw new RequestFailed(unreachable, { cause });
  });
  if (!response.ok) throw new RequestFailed(troubleIn(response.status, await response.text()));
  saveFile(await response.blob(), `${websiteName}-${buildNumber}.log`);
}
