import { useActorRef, useSelector } from '@xstate/react';
import { useEffect, useEffectEvent } from 'react';
import type { Frame } from '../../shared/replay/replay-build.ts';
import { type PlaySpeed, playbackMachine } from './playback-machine.ts';

export interface Playback {
  readonly isPlaying: boolean;
  readonly speed: PlaySpeed;
  readonly toggle: () => void;
  readonly pause: () => void;
  readonly choose: (speed: PlaySpeed) => void;
}

interface PlaybackOptions {
  readonly frames: readonly Frame[];
  readonly at: number;
  readonly goTo: (at: number) => void;
}

/** Plays a history by going to one moment after the other, from the one that is on the page. */
export function usePlayback({ frames, at, goTo }: PlaybackOptions): Playback {
  const actor = useActorRef(playbackMachine);
  const isPlaying = useSelector(actor, (state) => state.matches('playing'));
  const speed = useSelector(actor, ({ context }) => context.speed);

  const go = useEffectEvent(goTo);
  useEffect(() => {
    const { unsubscribe } = actor.on('goTo', (event) => go(event.at));
    return unsubscribe;
  }, [actor]);

  const last = frames.length - 1;
  const [frame, next] = [frames[at], frames[at + 1]];
  const untilNextMs = frame === undefined || next === undefined ? null : next.atMs - frame.atMs;
  useEffect(() => actor.send({ type: 'shown', at, last, untilNextMs }), [actor, at, last, untilNextMs]);

  return {
    isPlaying,
    speed,
    toggle: () => actor.send({ type: isPlaying ? 'pause' : 'play' }),
    pause: () => actor.send({ type: 'pause' }),
    choose: (chosen) => actor.send({ type: 'speed', speed: chosen }),
  };
}
