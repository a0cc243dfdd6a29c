import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const TIMEOUT_MS = 30_000;
const END_TO_END_TIMEOUT_MS = 300_000;
const POLL_TIMEOUT_MS = 60_000;

/** The started product has the machine to itself: after the other tests, one file at a time. */
const endToEnd = (
  name: string,
  {
    eventStore,
    order,
    files,
    except = [],
  }: {
    readonly eventStore: 'sqlite' | 'eventstoredb';
    readonly order: number;
    readonly files: readonly string[];
    readonly except?: readonly string[];
  },
): TestProjectInlineConfiguration => ({
  test: {
    name,
    include: files.map((file) => `packages/testing/e2e/${file}.e2e.ts`),
    exclude: except.map((file) => `packages/testing/e2e/${file}.e2e.ts`),
    provide: { eventStore },
    testTimeout: END_TO_END_TIMEOUT_MS,
    hookTimeout: END_TO_END_TIMEOUT_MS,
    // Looks again and again until it is so; on a busy machine a page may take its time.
    expect: { poll: { timeout: POLL_TIMEOUT_MS } },
    fileParallelism: false,
    sequence: { groupOrder: order },
  },
});

/**
 * What can depend on the event store runs on both of them. The others would only see the same again: they look at pages
 * (dashboard-keyboard, dashboard-looks, dashboard-statechart), at a browser's connections (dashboard-connection) or at
 * processes (supervision); tampering needs the file of SQLite.
 */
const ON_BOTH_STORES = ['bad-uploads', 'command-line', 'dashboard-story', 'five-at-once', 'kills', 'live', 'templates'];

/** About a server of an event store that goes away and comes back. */
const ON_EVENTSTOREDB = ['event-store-outage'];

/** Takes everything apart; last, so that what fails before says more plainly what is wrong. */
const LAST = ['chaos'];

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
      endToEnd('end to end', { eventStore: 'sqlite', order: 1, files: ['*'], except: [...ON_EVENTSTOREDB, ...LAST] }),
      endToEnd('end to end on EventStoreDB', {
        eventStore: 'eventstoredb',
        order: 2,
        files: [...ON_BOTH_STORES, ...ON_EVENTSTOREDB],
      }),
      endToEnd('chaos', { eventStore: 'sqlite', order: 3, files: LAST }),
    ],
  },
});
