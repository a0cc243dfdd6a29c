import type { Notification as BuildNotification } from '@yardmaster/protocol';

/** `unsupported`: this browser has none, or has none for pages that came over plain HTTP. */
export type DesktopPermission = NotificationPermission | 'unsupported';

export function desktopPermission(): DesktopPermission {
  return 'Notification' in globalThis && globalThis.isSecureContext ? Notification.permission : 'unsupported';
}

/** Only ever called because a person switched them on: browsers block pages that ask unasked. */
export async function askForDesktop(): Promise<DesktopPermission> {
  return desktopPermission() === 'default' ? Notification.requestPermission() : desktopPermission();
}

/** Shows it outside of the page. All tabs may call it: the browser shows one of an id. */
export function showOnDesktop(
  { id, title, message }: Pick<BuildNotification, 'id' | 'title' | 'message'>,
  onClick: () => void,
): void {
  if (desktopPermission() !== 'granted') return;
  try {
    const shown = new Notification(title, { body: message, tag: id, icon: '/favicon.svg' });
    shown.addEventListener('click', () => {
      window.focus();
      shown.close();
      onClick();
    });
  } catch {
    // Chrome on Android has the class but lets no page make one; the toast and the list tell it too.
  }
}
