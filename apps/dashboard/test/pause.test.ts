import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { pause } from '../src/features/log/pause.ts';

test('a pause leaves no listener at its signal, however it ends', async () => {
  const { signal } = new AbortController();
  await pause(0, signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  const gone = new AbortController();
  const pausing = pause(60_000, gone.signal);
  expect(getEventListeners(gone.signal, 'abort')).toHaveLength(1);
  gone.abort('gone');
  await expect(pausing).rejects.toBe('gone');
  expect(getEventListeners(gone.signal, 'abort')).toEqual([]);
  await expect(pause(60_000, gone.signal)).rejects.toBe('gone');
});
