import type { Api, UploadBody } from './api.ts';

export interface BuildLoad extends AsyncDisposable {
  readonly completed: () => number;
  /** A load that is not there measures nothing. */
  throwIfFailed(): void;
}

/** Keeps so many builds of a project asked for, one after the other each, until it is disposed of. */
export function loadWithBuilds(
  api: Api,
  { body, atOnce, signal }: { readonly body: UploadBody; readonly atOnce: number; readonly signal: AbortSignal },
): BuildLoad {
  const ending = new AbortController();
  const stop = AbortSignal.any([ending.signal, signal]);
  const failures: unknown[] = [];
  let completed = 0;
  const callers = Promise.all(Array.from({ length: atOnce }, keepBuilding));
  return {
    completed: () => completed,
    throwIfFailed() {
      if (failures.length > 0) throw failures[0];
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await callers;
    },
  };

  async function keepBuilding(): Promise<void> {
    try {
      while (!stop.aborted) {
        await api.untilCompleted(await api.upload(body), stop);
        completed += 1;
      }
    } catch (error) {
      if (!stop.aborted) failures.push(error);
    }
  }
}
