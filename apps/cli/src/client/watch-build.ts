import { type CommandIo, Interrupted } from '../command.ts';
import type { ApiClient } from './api-client.ts';
import { createBuildScreen, resultText } from './build-screen.ts';
import { followBuild } from './follow-build.ts';

/** Shows a build until it ends. Resolves to the exit code: 0 completed, 1 failed or cancelled. */
export async function watchBuild(
  client: ApiClient,
  jobId: string,
  { io, json }: { readonly io: CommandIo; readonly json: boolean },
): Promise<number> {
  const screen = createBuildScreen(io);
  try {
    const job = await followBuild(client, jobId, {
      onLines: (lines) => json || screen.lines(lines),
      onJob: (current) => json || screen.job(current),
      onOutage: () => screen.notice(outageText(client)),
      signal: io.signal,
    });
    screen.close();
    io.out(json ? `${JSON.stringify(job)}\n` : resultText(job));
    return job.status === 'completed' ? 0 : 1;
  } catch (error) {
    screen.close();
    if (!io.signal.aborted) throw error;
    io.err(`Stopped watching; the build goes on. See it again with: yardmaster logs ${jobId} -f\n`);
    throw new Interrupted();
  }
}

export function outageText({ serverUrl }: ApiClient): string {
  return `${serverUrl} does not answer; still trying.`;
}
