import { useState } from 'react';
import { type Trouble, troubleOf } from './api.ts';

/** Something a button does at the server: runs once at a time, and keeps what went wrong until the next try. */
export function useAction(onDone: () => void) {
  const [isRunning, setRunning] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const perform = async (action: () => Promise<unknown>): Promise<void> => {
    setRunning(true);
    setTrouble(null);
    try {
      await action();
      onDone();
    } catch (error) {
      setTrouble(troubleOf(error));
    } finally {
      setRunning(false);
    }
  };
  const run = (action: () => Promise<unknown>): void => {
    if (!isRunning) void perform(action);
  };
  return { isRunning, trouble, run };
}
