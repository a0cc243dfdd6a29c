import { type RefObject, type UIEvent, useLayoutEffect, useState, type WheelEvent } from 'react';
import { useLatest } from './use-latest.ts';

/** This near to the end counts as the end. */
const endWithinPx = 24;

/** Keeps the end in sight until the reader goes up, and again when the reader has come back to it. */
export function useScrollFollowing({
  area,
  isFollowing,
  onFollow,
}: {
  readonly area: RefObject<HTMLDivElement | null>;
  readonly isFollowing: boolean;
  readonly onFollow: (isFollowing: boolean) => void;
}) {
  const tell = useLatest(onFollow);
  const [state] = useState({ isSticky: isFollowing, topPx: 0 });
  const [follow] = useState(() => {
    const set = (isSticky: boolean) => {
      if (state.isSticky === isSticky) return;
      state.isSticky = isSticky;
      tell(isSticky);
    };
    return {
      leave: () => set(false),
      /** Before the position is known: a line that comes meanwhile must not pull the reader back down. */
      turned: ({ deltaY }: WheelEvent) => {
        if (deltaY < 0) set(false);
      },
      scrolled: ({ currentTarget: { scrollTop, scrollHeight, clientHeight } }: UIEvent<HTMLDivElement>) => {
        const isUp = scrollTop < state.topPx;
        state.topPx = scrollTop;
        if (scrollHeight - scrollTop - clientHeight < endWithinPx) set(true);
        else if (isUp) set(false);
      },
      stick: () => {
        if (state.isSticky && area.current !== null) area.current.scrollTop = area.current.scrollHeight;
      },
    };
  });
  useLayoutEffect(() => {
    state.isSticky = isFollowing;
  }, [state, isFollowing]);
  return follow;
}
