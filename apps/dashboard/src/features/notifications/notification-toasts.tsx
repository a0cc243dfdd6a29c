import { useRouter } from '@tanstack/react-router';
import type { Notification } from '@yardmaster/protocol';
import { type CSSProperties, useEffect, useEffectEvent } from 'react';
import { Toaster, toast } from 'sonner';
import { preferences } from '../../shared/preferences/preferences.ts';
import { createArrivals, isShownAlready, type Told } from './arrivals.ts';
import { playChimeOnce } from './chime.ts';
import { showOnDesktop } from './desktop-notifications.ts';
import { countsText, displayOfType } from './notification-display.ts';
import { NotificationToast, SummaryToast } from './notification-toast.tsx';
import { useNotificationsStore } from './use-notifications.ts';

const briefMs = 4_000;
/** Ends are read by somebody who did not wait for them, and lead somewhere. */
const endMs = 12_000;
const summaryId = 'summary';

/** Tells of what happens while the page is open: by toasts, and where it was asked for by sound and by the browser. */
export function NotificationToasts() {
  const store = useNotificationsStore();
  const router = useRouter();
  const tell = useEffectEvent((told: Told) => {
    const page = { path: router.state.location.pathname, isInForeground: !document.hidden };
    if (told.kind === 'summary') showSummary(told);
    else for (const one of told.notifications) if (!isShownAlready(one, page)) show(one);
    tellOtherwise(told, (jobId) => void router.navigate({ to: '/jobs/$jobId', params: { jobId } }));
  });
  useEffect(() => {
    const arrivals = createArrivals({ nowMs: Date.now, setTimer: startTimer, tell: (told) => tell(told) });
    const leave = store.onArrival(arrivals.add);
    return () => {
      leave();
      arrivals.stop();
    };
  }, [store]);
  return (
    <Toaster
      position="bottom-right"
      visibleToasts={4}
      closeButton
      containerAriaLabel="Messages"
      offset={16}
      mobileOffset={12}
      style={toasterStyle}
      toastOptions={{ classNames: toastClasses, closeButtonAriaLabel: 'Close' }}
    />
  );
}

/** One toast for each build: what is newer takes the place of what it said before. */
function show(notification: Notification): void {
  const { isEnd } = displayOfType(notification.type);
  toast.custom(() => <NotificationToast notification={notification} />, {
    id: notification.jobId,
    duration: isEnd ? endMs : briefMs,
  });
}

function showSummary({ notifications, isLate }: Extract<Told, { kind: 'summary' }>): void {
  const title = isLate ? 'While you were away' : 'Several builds at once';
  toast.custom(() => <SummaryToast toastId={summaryId} title={title} message={`${countsText(notifications)}.`} />, {
    id: summaryId,
    duration: endMs,
  });
}

function tellOtherwise(told: Told, openBuild: (jobId: string) => void): void {
  const { sound, desktopNotifications } = preferences();
  const ends = told.notifications.filter(({ type }) => displayOfType(type).isEnd);
  const [first] = ends;
  if (first === undefined) return;
  const failed = ends.find(({ type }) => type === 'failed');
  const audible = failed ?? ends.find(({ type }) => type === 'completed');
  if (sound && audible !== undefined) void playChimeOnce(failed === undefined ? 'success' : 'failure', audible.id);
  if (!desktopNotifications || !document.hidden) return;
  if (told.kind === 'each') for (const one of ends) showOnDesktop(one, () => openBuild(one.jobId));
  else {
    const summary = { id: `${summaryId}:${first.id}`, title: 'Builds ended', message: `${countsText(ends)}.` };
    showOnDesktop(summary, () => openBuild(first.jobId));
  }
}

function startTimer(callback: () => void, delayMs: number): () => void {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
}

/** Our own colours in the places where sonner has its own. */
const toasterStyle = {
  '--normal-bg': 'var(--panel)',
  '--normal-border': 'var(--line)',
  '--normal-text': 'var(--fg)',
  '--border-radius': '14px',
  '--width': '380px',
  fontFamily: 'inherit',
} as CSSProperties; // React's type has no custom properties

const toastClasses = {
  toast: 'data-[styled=true]:shadow-float!',
  description: 'text-muted!',
  error: '[&_[data-icon]]:text-bad',
  success: '[&_[data-icon]]:text-ok',
};
