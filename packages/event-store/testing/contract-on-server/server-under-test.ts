import { z } from 'zod';

const Environment = z.object({
  /** Connection string of the server. */
  EVENTSTORE_URL: z.string().min(1),
  /** Shell command that kills the server and starts it again. */
  EVENTSTORE_RESTART_CMD: z.string().min(1).optional(),
  /** Set by `main.ts`: how the names of all streams of this run begin. */
  EVENTSTORE_CONTRACT_PREFIX: z.string().regex(/^contract[0-9a-f]{8}$/),
});

export interface ServerUnderTest {
  readonly url: string;
  readonly restartCommand: string | undefined;
  readonly runPrefix: string;
}

export function readServerUnderTest(env: NodeJS.ProcessEnv): ServerUnderTest {
  const { EVENTSTORE_URL, EVENTSTORE_RESTART_CMD, EVENTSTORE_CONTRACT_PREFIX } = Environment.parse(env);
  return { url: EVENTSTORE_URL, restartCommand: EVENTSTORE_RESTART_CMD, runPrefix: EVENTSTORE_CONTRACT_PREFIX };
}
