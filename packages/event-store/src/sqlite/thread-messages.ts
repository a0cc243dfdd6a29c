/**
 * What the main thread and the store's thread say to each other. Lists are flat arrays: copying one between threads
 * costs a fraction of copying an array of objects.
 */

/** `[stream, expected revision or -1, number of events, then for each event: id, type, data, metadata]`, repeated. */
export type FlatAppends = readonly (string | number)[];

/** Stands for `no_stream` where a revision is a plain number. */
export const noStream = -1;

export type StoreRequest =
  | { readonly type: 'read-stream'; readonly stream: string; readonly fromRevision: number; readonly limit: number }
  | { readonly type: 'read-all'; readonly after: number; readonly limit: number }
  | { readonly type: 'last-position' }
  | { readonly type: 'close' };

/** What became of one append. */
export const appendOutcome = { written: 0, repeated: 1, refused: 2, failed: 3 } as const;

/** The answer to one batch: the oldest appends that were not answered yet, in the order in which they were sent. */
export interface BatchReply {
  /**
   * For each append three numbers: the outcome; then revision and position (written, repeated), the actual revision
   * and 0 (refused), or the index of the error and 0 (failed).
   */
  readonly outcomes: readonly number[];
  readonly errors: readonly string[];
  /** The store's last position before the batch and after it. */
  readonly previousPosition: number;
  readonly lastPosition: number;
  /** Milliseconds since 1970: when the batch was written. */
  readonly recordedAtMs: number;
}

/** Fields of one event in {@link PageReply}. */
export const fieldsPerEvent = 7;

export interface PageReply {
  /** For each event: stream, revision, position, milliseconds since 1970, type, data, metadata. */
  readonly fields: readonly (string | number)[];
  /** True when the page ends before the limit only because it is full. */
  readonly more: boolean;
}

export interface ReplyOf {
  readonly 'read-stream': PageReply;
  readonly 'read-all': PageReply;
  readonly 'last-position': number;
  readonly close: null;
}

/** Some of the appends of one turn of the event loop; unless `isLast`, the rest of them follows within the turn. */
export interface AppendChunk {
  readonly appends: FlatAppends;
  readonly isLast: boolean;
}

/** What the threads share: the number of chunks sent so far, at index 0, so that one can wait for the next. */
export interface StoreThreadData {
  readonly file: string;
  readonly chunksSent: Int32Array<SharedArrayBuffer>;
}

export type ToThread =
  | { readonly type: 'append'; readonly chunk: AppendChunk }
  | { readonly type: 'ask'; readonly id: number; readonly request: StoreRequest };

export type FromThread =
  | { readonly type: 'opened'; readonly storeId: string; readonly lastPosition: number }
  | { readonly type: 'not-opened'; readonly code: string; readonly message: string }
  | { readonly type: 'written'; readonly reply: BatchReply }
  | { readonly type: 'reply'; readonly id: number; readonly value: ReplyOf[keyof ReplyOf] }
  | { readonly type: 'error'; readonly id: number; readonly message: string };
