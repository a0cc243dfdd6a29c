import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** What a project of vitest.config.ts runs the product on. */
    readonly eventStore: 'sqlite' | 'eventstoredb';
  }
}

/** Whether these tests run the product on a server in place of its own SQLite file. */
export const runsOnServer = (): boolean => inject('eventStore') === 'eventstoredb';
