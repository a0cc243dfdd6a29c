import type { Position } from '@yardmaster/application';

/** Before the first event of a store whose positions are numbers from 1. */
export const beforeFirst = 0;

export const toPosition = (position: number): Position => String(position) as Position;

/** Throws a RangeError for a position that another kind of store made. */
export function fromPosition(position: Position | undefined): number {
  if (position === undefined) return beforeFirst;
  const value = Number(position);
  if (!Number.isSafeInteger(value) || value < beforeFirst) {
    throw new RangeError(`"${position}" is no position of this store.`);
  }
  return value;
}
