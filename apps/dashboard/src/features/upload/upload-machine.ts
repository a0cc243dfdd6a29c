import { defaultPriority, WebsiteName } from '@yardmaster/domain';
import type { UploadAnswer } from '@yardmaster/protocol';
import { type ActorRefFrom, assign, fromCallback, type SnapshotFrom, setup } from 'xstate';
import { type Trouble, unreachable } from '../../shared/api/api.ts';
import type { Choice, Picked, ReadOptions } from './read-choice.ts';
import type { TransferListener, TransferRequest } from './transfer.ts';
import { type Sample, withSample } from './transfer-rate.ts';
import { suggestedName, type UploadSource } from './upload-source.ts';

export interface UploadParts {
  /** Rejects only when it was told to stop. */
  readonly read: (picked: Picked, options: ReadOptions) => Promise<Choice>;
  readonly startTransfer: (request: TransferRequest, listener: TransferListener) => () => void;
  /** Calls back once the server can be reached again; returns how to stop waiting. */
  readonly onBack: (callback: () => void) => () => void;
  readonly newKey: () => string;
  readonly nowMs: () => number;
}

interface UploadContext {
  /** Read now; null otherwise. */
  readonly picked: Picked | null;
  readonly foundFiles: number;
  readonly source: UploadSource | null;
  readonly name: string;
  readonly priority: number;
  readonly idempotencyKey: string;
  /** Of this try; empty before the first byte is known to be sent. */
  readonly samples: readonly Sample[];
  readonly totalBytes: number;
  /** It went on by itself since somebody last sent it: cut off once more, it waits to be told. */
  readonly wentOn: boolean;
  /** Why the last thing did not work. */
  readonly trouble: Trouble | null;
  readonly answer: UploadAnswer | null;
}

type Message =
  | { readonly type: 'picked'; readonly picked: Picked }
  | { readonly type: 'found'; readonly files: number }
  | { readonly type: 'chosen'; readonly choice: Choice }
  | { readonly type: 'named'; readonly name: string }
  | { readonly type: 'prioritised'; readonly priority: number }
  | { readonly type: 'send' }
  /** Breaks off what is under way; what was chosen stays. */
  | { readonly type: 'cancel' }
  /** Forgets what was chosen. */
  | { readonly type: 'discard' }
  /** The server can be reached again. */
  | { readonly type: 'back' }
  | { readonly type: 'progressed'; readonly atMs: number; readonly sent: number; readonly total: number }
  | { readonly type: 'accepted'; readonly answer: UploadAnswer }
  | { readonly type: 'refused'; readonly trouble: Trouble };

const nothing: UploadContext = {
  picked: null,
  foundFiles: 0,
  source: null,
  name: '',
  priority: defaultPriority,
  idempotencyKey: '',
  samples: [],
  totalBytes: 0,
  wentOn: false,
  trouble: null,
  answer: null,
};

/**
 * Choosing, sending, and what came of it. What was chosen is kept through a refusal or a break, so that trying again
 * needs one click; and trying again is the same upload to the server, until something about it is changed. So one that
 * was cut off can go on by itself without ever making two builds.
 */
export function createUploadMachine({ read, startTransfer, onBack, newKey, nowMs }: UploadParts) {
  return setup({
    types: { context: {} as UploadContext, events: {} as Message },
    actors: {
      read: fromCallback<Message, Picked | null>(({ input, sendBack }) => {
        if (input === null) return;
        const gone = new AbortController();
        read(input, { signal: gone.signal, found: (files) => sendBack({ type: 'found', files }) }).then(
          (choice) => sendBack({ type: 'chosen', choice }),
          () => {}, // Stopped: nobody waits for it.
        );
        return () => gone.abort();
      }),
      transfer: fromCallback<Message, TransferRequest | null>(({ input, sendBack }) => {
        if (input === null) return;
        return startTransfer(input, {
          progressed: ({ sent, total }) => sendBack({ type: 'progressed', atMs: nowMs(), sent, total }),
          accepted: (answer) => sendBack({ type: 'accepted', answer }),
          refused: (trouble) => sendBack({ type: 'refused', trouble }),
        });
      }),
      back: fromCallback<Message>(({ sendBack }) => onBack(() => sendBack({ type: 'back' }))),
    },
    actions: {
      /** It is another upload now. */
      renew: assign({ idempotencyKey: () => newKey(), trouble: null }),
    },
    guards: {
      mayGoOn: ({ context: { wentOn } }, { code }: Trouble) => code === unreachable.code && !wentOn,
      canSend: ({ context }) => context.source !== null && isName(context.name),
      isUsable: (_, choice: Choice) => choice.ok,
    },
  }).createMachine({
    id: 'upload',
    context: nothing,
    initial: 'empty',
    on: {
      picked: { target: '.reading', actions: assign(({ event }) => ({ ...nothing, picked: event.picked })) },
      discard: { target: '.empty', actions: assign(nothing) },
    },
    states: {
      empty: {},
      reading: {
        invoke: { src: 'read', input: ({ context }) => context.picked },
        on: {
          found: { actions: assign({ foundFiles: ({ event }) => event.files }) },
          chosen: [
            {
              guard: { type: 'isUsable', params: ({ event }) => event.choice },
              target: 'ready',
              actions: assign(({ event: { choice } }) =>
                choice.ok
                  ? {
                      ...nothing,
                      source: choice.source,
                      name: suggestedName(choice.source),
                      idempotencyKey: newKey(),
                    }
                  : {},
              ),
            },
            {
              target: 'empty',
              actions: assign(({ event: { choice } }) => ({ ...nothing, trouble: choice.ok ? null : choice.trouble })),
            },
          ],
        },
      },
      ready: {
        on: {
          named: { actions: [assign({ name: ({ event }) => event.name }), 'renew'] },
          prioritised: { actions: [assign({ priority: ({ event }) => event.priority }), 'renew'] },
          send: { guard: 'canSend', target: 'sending', actions: assign({ wentOn: false }) },
        },
      },
      sending: {
        entry: assign({ samples: [], totalBytes: 0, trouble: null }),
        invoke: {
          src: 'transfer',
          input: ({ context: { source, name, priority, idempotencyKey } }) =>
            source === null ? null : { source, name: name.trim(), priority, idempotencyKey },
        },
        on: {
          // One at a time: what is being sent stays.
          picked: {},
          discard: {},
          progressed: {
            actions: assign(({ context, event: { atMs, sent, total } }) => ({
              samples: withSample(context.samples, { atMs, sent }),
              totalBytes: total,
            })),
          },
          accepted: { target: 'accepted', actions: assign(({ event }) => ({ ...nothing, answer: event.answer })) },
          refused: [
            { guard: { type: 'mayGoOn', params: ({ event }) => event.trouble }, target: 'away' },
            { target: 'ready', actions: assign({ trouble: ({ event }) => event.trouble }) },
          ],
          cancel: 'ready',
        },
      },
      /** Cut off: goes on as soon as the server is back, or somebody wants it tried. */
      away: {
        invoke: { src: 'back' },
        on: {
          picked: {},
          discard: {},
          back: { target: 'sending', actions: assign({ wentOn: true }) },
          send: 'sending',
          cancel: 'ready',
        },
      },
      /** Until something else is chosen, or `discard`. */
      accepted: {},
    },
  });
}

export type UploadActor = ActorRefFrom<ReturnType<typeof createUploadMachine>>;
export type UploadSnapshot = SnapshotFrom<ReturnType<typeof createUploadMachine>>;

export function isName(name: string): boolean {
  return WebsiteName.safeParse(name).success;
}
