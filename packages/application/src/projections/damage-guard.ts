import type { Log } from '../ports/log.ts';
import { isDamage } from './sqlite-file.ts';

/** Told when a file that is in use turns out to be damaged: nothing works on it any more, and it has been put away. */
export type OnDamaged = (error: Error) => void;

export interface DamageGuard {
  /** Whether the error shows that the file is damaged. The first time the file is put away, and it is told. */
  check(error: unknown): boolean;
  /** The same functions; what they throw is checked on its way. */
  watch<Target extends object>(target: Target): Target;
}

/**
 * Damage that comes while a file is open: a disk that fails, somebody who writes over it. Checking every page finds most of
 * it at the next start, but not all, so the file is put away at once; or each start would fall over the same place again.
 */
export function createDamageGuard({
  file,
  putAway,
  onDamaged,
  log,
}: {
  readonly file: string;
  readonly putAway: () => void;
  readonly onDamaged: OnDamaged;
  readonly log: Log;
}): DamageGuard {
  let isTold = false;

  const check = (error: unknown): boolean => {
    if (!isDamage(error)) return false;
    if (isTold) return true;
    isTold = true;
    log.error({ file, error }, 'A database file was damaged while it was in use.');
    try {
      putAway();
    } catch (cause) {
      // A disk that fails may take no change any more; it is told all the same.
      log.error({ file, error: cause }, 'The damaged file could not be put away.');
    }
    onDamaged(error);
    return true;
  };

  const watching =
    <Given extends unknown[], Result>(call: (...given: Given) => Result) =>
    (...given: Given): Result => {
      try {
        const result = call(...given);
        if (result instanceof Promise) result.catch(check); // Whoever called is told by the promise itself.
        // A generator throws where it is read; what comes out of it keeps its type.
        return isGenerator(result) ? (readThrough(result) as Result) : result;
      } catch (error) {
        check(error);
        throw error;
      }
    };

  function* readThrough(source: Generator): Generator {
    try {
      yield* source;
    } catch (error) {
      check(error);
      throw error;
    }
  }

  return {
    check,
    watch<Target extends object>(target: Target) {
      const entries = Object.entries(target).map(([name, value]) => [
        name,
        typeof value === 'function' ? watching((...given: unknown[]) => value(...given)) : value,
      ]);
      return Object.fromEntries(entries) as Target; // each member as it was, and as it is called
    },
  };
}

const isGenerator = (value: unknown): value is Generator =>
  Object.prototype.toString.call(value) === '[object Generator]';
