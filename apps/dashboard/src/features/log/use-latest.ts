import { useCallback, useLayoutEffect, useRef } from 'react';

/** A function that stays the same and calls the latest one. */
export function useLatest<Argument>(latest: (argument: Argument) => void): (argument: Argument) => void {
  const held = useRef(latest);
  useLayoutEffect(() => {
    held.current = latest;
  });
  return useCallback((argument) => held.current(argument), []);
}
