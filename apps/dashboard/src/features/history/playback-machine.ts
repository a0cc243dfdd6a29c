import { assign, emit, setup } from 'xstate';

/** Events a second, as a factor of one; or the pauses that there really were. */
export const playSpeeds = ['0.5', '1', '2', '4', 'real'] as const;
export type PlaySpeed = (typeof playSpeeds)[number];

/** How long a moment stays at speed 1, in milliseconds. */
export const stepPauseMs = 800;
/** In real time no pause is longer than this: a build may have waited for hours. */
export const longestPauseMs = 3_000;
/** Events that were recorded together are still seen one after the other. */
export const shortestPauseMs = 60;

/** What is on the page now. */
export interface Shown {
  readonly at: number;
  /** The revision that can be gone to last. */
  readonly last: number;
  /** The time between this event and the next as it was; null at the last one. */
  readonly untilNextMs: number | null;
}

export type PlaybackEvent =
  | { readonly type: 'play' }
  | { readonly type: 'pause' }
  | { readonly type: 'speed'; readonly speed: PlaySpeed }
  | ({ readonly type: 'shown' } & Shown);

interface PlaybackContext extends Shown {
  readonly speed: PlaySpeed;
  /** Where it went itself and is not yet seen to be. */
  readonly target: number;
}

/** How long a moment stays while playing, in milliseconds. */
export function pauseMs(speed: PlaySpeed, untilNextMs: number | null): number {
  if (speed !== 'real') return stepPauseMs / Number(speed);
  return Math.min(longestPauseMs, Math.max(shortestPauseMs, untilNextMs ?? 0));
}

/**
 * Plays a history by emitting `goTo` with the revision to show next. It waits until that is told to be on the page
 * (`shown`) before it counts the pause, so playing never runs ahead of drawing; whenever something else is shown than
 * where it went itself, a person went there, and it stops. It stops at the last event, too.
 */
export const playbackMachine = setup({
  types: {} as {
    context: PlaybackContext;
    events: PlaybackEvent;
    emitted: { readonly type: 'goTo'; readonly at: number };
  },
  delays: { pause: ({ context }) => pauseMs(context.speed, context.untilNextMs) },
  guards: {
    hasNothingToPlay: ({ context }) => context.last < 1,
    isAtEnd: ({ context }) => context.at >= context.last,
    /** Something else about the history changed, and the page has not moved yet. */
    isUnmoved: ({ context, event }) => event.type === 'shown' && event.at === context.at && event.at !== context.target,
    isElsewhere: ({ context, event }) => event.type === 'shown' && event.at !== context.at,
    isNotTarget: ({ context, event }) => event.type === 'shown' && event.at !== context.target,
  },
  actions: {
    keepShown: assign(({ event }) => {
      if (event.type !== 'shown') return {};
      const { at, last, untilNextMs } = event;
      return { at, last, untilNextMs };
    }),
    keepSpeed: assign(({ event }) => (event.type === 'speed' ? { speed: event.speed } : {})),
    aimAtNext: assign(({ context }) => ({ target: context.at + 1 })),
    aimAtFirst: assign({ target: 0 }),
    go: emit(({ context }) => ({ type: 'goTo' as const, at: context.target })),
  },
}).createMachine({
  id: 'playback',
  context: { at: 0, last: 0, untilNextMs: null, speed: '1', target: 0 },
  initial: 'idle',
  on: { speed: { actions: 'keepSpeed' }, shown: { actions: 'keepShown' } },
  states: {
    idle: {
      on: {
        play: [
          { guard: 'hasNothingToPlay' },
          { guard: 'isAtEnd', target: 'playing.going', actions: 'aimAtFirst' },
          { target: 'playing.going', actions: 'aimAtNext' },
        ],
      },
    },
    playing: {
      initial: 'going',
      on: { pause: 'idle' },
      states: {
        going: {
          entry: 'go',
          on: {
            shown: [
              { guard: 'isUnmoved', actions: 'keepShown' },
              { guard: 'isNotTarget', target: '#playback.idle', actions: 'keepShown' },
              { target: 'looking', actions: 'keepShown' },
            ],
          },
        },
        looking: {
          always: { guard: 'isAtEnd', target: '#playback.idle' },
          on: {
            speed: { target: 'looking', reenter: true, actions: 'keepSpeed' },
            shown: [{ guard: 'isElsewhere', target: '#playback.idle', actions: 'keepShown' }, { actions: 'keepShown' }],
          },
          after: { pause: { target: 'going', actions: 'aimAtNext' } },
        },
      },
    },
  },
});
