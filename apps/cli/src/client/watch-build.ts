import { CommandError, type CommandIo } from '../command.ts';
import type { ApiClient } from './api-client.ts';
import { createBuildScreen, resultText } from './build-screen.ts';
import { followBuild } from './follow-build.ts';

/** Shows a build until it ends. Resolves to the exit code: 0 completed, 1 anything else. */
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
      signal: io.signal,
    });
    screen.close();
    io.out(json ? `${JSON.stringify(job)}\n` : resultText(job));
    return job.status === 'completed' ? 0 : 1;
  } catch (error) {
    screen.close();
    if (!io.signal.aborted) throw error;
    throw new CommandError(`Stopped watching; the build goes on. See it again with: yardmaster logs ${jobId} -f`);
  }
}
