import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  askForDesktop,
  desktopPermission,
  showOnDesktop,
} from '../src/features/notifications/desktop-notifications.ts';

const shown: { readonly title: string; readonly options: NotificationOptions }[] = [];

/** A browser whose person allows them when asked. */
function browser(permission: NotificationPermission, { isSecure = true, canShow = true } = {}) {
  const requestPermission = vi.fn(async () => 'granted' as const);
  class FakeNotification extends EventTarget {
    static readonly permission = permission;
    static readonly requestPermission = requestPermission;
    constructor(title: string, options: NotificationOptions) {
      super();
      if (!canShow) throw new TypeError('Illegal constructor.');
      shown.push({ title, options });
    }
  }
  vi.stubGlobal('Notification', FakeNotification);
  vi.stubGlobal('isSecureContext', isSecure);
  return requestPermission;
}

afterEach(() => {
  vi.unstubAllGlobals();
  shown.length = 0;
});

const build = { id: 'job:completed:1', title: 'Build completed', message: 'It is ready.' };

describe("the browser's own notifications", () => {
  test('are not there where a browser has none, or has none for an insecure page', () => {
    expect(desktopPermission()).toBe('unsupported');
    browser('granted', { isSecure: false });
    expect(desktopPermission()).toBe('unsupported');
  });

  test('are asked for only where nobody has answered yet', async () => {
    expect(await askForDesktop()).toBe('unsupported');
    const whenBlocked = browser('denied');
    expect(await askForDesktop()).toBe('denied');
    expect(whenBlocked).not.toHaveBeenCalled();
    const whenOpen = browser('default');
    expect(await askForDesktop()).toBe('granted');
    expect(whenOpen).toHaveBeenCalledOnce();
  });

  test('carry the id, so that several tabs show one', () => {
    browser('granted');
    showOnDesktop(build, () => {});
    expect(shown).toMatchObject([{ title: build.title, options: { tag: build.id, body: build.message } }]);
  });

  test('are left out without a word where they are blocked, or cannot be made by a page', () => {
    browser('denied');
    showOnDesktop(build, () => {});
    browser('granted', { canShow: false });
    showOnDesktop(build, () => {});
    expect(shown).toEqual([]);
  });
});
