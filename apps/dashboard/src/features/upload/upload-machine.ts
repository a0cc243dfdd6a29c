import { WebsiteName } from '@yardmaster/domain';
import type { UploadAnswer } from '@yardmaster/protocol';
import { assign, fromCallback, setup } from 'xstate';
import type { Trouble } from '../../shared/api/api.ts';
import type { TransferListener, TransferRequest } from './transfer.ts';
import { type Choice, suggestedName, type UploadSource } from './upload-source.ts';

export interface UploadParts {
  readonly startTransfer: (request: TransferRequest, listener: TransferListener) => () => void;
  readonly newKey: () => string;
}

interface UploadContext {
  readonly source: UploadSource | null;
  readonly name: string;
  readonly idempotencyKey: string;
  readonly sentBytes: number;
  readonly totalBytes: number;
  readonly trouble: Trouble | null;
  /** The last upload that was accepted, until the next is chosen. */
  readonly answer: UploadAnswer | null;
}

type Message =
  | { readonly type: 'chosen'; readonly choice: Choice }
  | { readonly type: 'named'; readonly name: string }
  | { readonly type: 'send' }
  | { readonly type: 'cancel' }
  | { readonly type: 'discard' }
  | { readonly type: 'progressed'; readonly sent: number; readonly total: number }
  | { readonly type: 'accepted'; readonly answer: UploadAnswer }
  | { readonly type: 'refused'; readonly trouble: Trouble };

const nothing = { source: null, name: '', idempotencyKey: '', sentBytes: 0, totalBytes: 0, trouble: null } as const;

/**
 * Choosing, sending, and what came of it. What was chosen is kept through a refusal or a break, so that trying again
 * needs one click; and trying again is the same upload to the server, until something about it is changed.
 */
export function createUploadMachine({ startTransfer, newKey }: UploadParts) {
  return setup({
    types: { context: {} as UploadContext, events: {} as Message },
    actors: {
      transfer: fromCallback<Message, TransferRequest | null>(({ input, sendBack }) => {
        if (input === null) return;
        return startTransfer(input, {
          progressed: ({ sent, total }) => sendBack({ type: 'progressed', sent, total }),
          accepted: (answer) => sendBack({ type: 'accepted', answer }),
          refused: (trouble) => sendBack({ type: 'refused', trouble }),
        });
      }),
    },
    guards: {
      canSend: ({ context }) => context.source !== null && isName(context.name),
      isUsable: (_, choice: Choice) => choice.ok,
    },
  }).createMachine({
    id: 'upload',
    context: { ...nothing, answer: null },
    initial: 'empty',
    on: {
      chosen: [
        {
          guard: { type: 'isUsable', params: ({ event }) => event.choice },
          target: '.ready',
          actions: assign(({ event: { choice } }) =>
            choice.ok
              ? {
                  ...nothing,
                  source: choice.source,
                  name: suggestedName(choice.source),
                  idempotencyKey: newKey(),
                  answer: null,
                }
              : {},
          ),
        },
        {
          target: '.empty',
          actions: assign(({ event: { choice } }) => ({
            ...nothing,
            trouble: choice.ok ? null : choice.trouble,
            answer: null,
          })),
        },
      ],
    },
    states: {
      empty: {},
      ready: {
        on: {
          named: {
            actions: assign({ name: ({ event }) => event.name, idempotencyKey: () => newKey(), trouble: null }),
          },
          send: { guard: 'canSend', target: 'sending' },
          discard: { target: 'empty', actions: assign(nothing) },
        },
      },
      sending: {
        entry: assign({ sentBytes: 0, totalBytes: 0, trouble: null }),
        invoke: {
          src: 'transfer',
          input: ({ context: { source, name, idempotencyKey } }) =>
            source === null ? null : { source, name: name.trim(), idempotencyKey },
        },
        on: {
          chosen: {}, // One at a time: what is being sent stays.
          progressed: {
            actions: assign({ sentBytes: ({ event }) => event.sent, totalBytes: ({ event }) => event.total }),
          },
          accepted: { target: 'empty', actions: assign(({ event }) => ({ ...nothing, answer: event.answer })) },
          refused: { target: 'ready', actions: assign({ trouble: ({ event }) => event.trouble }) },
          cancel: 'ready',
        },
      },
    },
  });
}

export function isName(name: string): boolean {
  return WebsiteName.safeParse(name).success;
}
