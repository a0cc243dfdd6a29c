import { defineConfig } from 'vitest/config';

const TIMEOUT_MS = 30_000;
const END_TO_END_TIMEOUT_MS = 300_000;
const POLL_TIMEOUT_MS = 60_000;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'tests',
          include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.{ts,tsx}', 'bench/test/**/*.test.ts'],
          testTimeout: TIMEOUT_MS,
          hookTimeout: TIMEOUT_MS,
        },
      },
      {
        // The started product has the machine to itself: after the other tests, one file at a time.
        test: {
          name: 'end to end',
          include: ['packages/testing/e2e/**/*.e2e.ts'],
          testTimeout: END_TO_END_TIMEOUT_MS,
          hookTimeout: END_TO_END_TIMEOUT_MS,
          // Looks again and again until it is so; on a busy machine a page may take its time.
          expect: { poll: { timeout: POLL_TIMEOUT_MS } },
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
