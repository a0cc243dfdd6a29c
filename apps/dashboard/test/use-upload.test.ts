import { afterEach, expect, test, vi } from 'vitest';
import { waitFor } from 'xstate';
import { breakOffUploads, uploadsOf } from '../src/features/upload/use-upload.ts';
import type { Live } from '../src/shared/live/live.ts';

afterEach(() => vi.unstubAllGlobals());

const quietLive: Live = { follow: () => () => {}, refresh: () => {}, onBack: () => () => {} };

/** A request that is never answered. */
class EndlessRequest extends EventTarget {
  static readonly all: EndlessRequest[] = [];
  readonly upload = new EventTarget();
  isAborted = false;
  open = () => {};
  setRequestHeader = () => {};
  send = () => void EndlessRequest.all.push(this);
  abort = () => {
    this.isAborted = true;
  };
}

test('an upload is broken off when its session ends, and the page may be left without a question', async () => {
  const page = new EventTarget();
  vi.stubGlobal('window', page);
  vi.stubGlobal('XMLHttpRequest', EndlessRequest);
  const mayBeLeft = () => page.dispatchEvent(new Event('beforeunload', { cancelable: true }));
  const live = { ...quietLive };
  const uploads = uploadsOf(live);

  const file = Object.assign(new File(['<h1>Hi</h1>'], 'index.html'), { webkitRelativePath: 'shop/index.html' });
  uploads.send({ type: 'picked', picked: { kind: 'folder', files: [file] } });
  await waitFor(uploads, (now) => now.matches('ready'));
  uploads.send({ type: 'named', name: 'shop' });
  uploads.send({ type: 'send' });
  expect(EndlessRequest.all.map(({ isAborted }) => isAborted)).toEqual([false]);
  expect(mayBeLeft()).toBe(false);

  breakOffUploads(live);
  expect(EndlessRequest.all.map(({ isAborted }) => isAborted)).toEqual([true]);
  expect(mayBeLeft()).toBe(true);
});

test('a session without an upload just ends', () => {
  expect(() => breakOffUploads({ ...quietLive })).not.toThrow();
});
