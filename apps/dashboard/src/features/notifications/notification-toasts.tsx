import { useRouter } from '@tanstack/react-router';
import { maxNotifications, type Notification } from '@yardmaster/protocol';
import { CircleCheck, CircleX, X } from 'lucide-react';
import { type CSSProperties, useEffect, useEffectEvent } from 'react';
import { Toaster, toast } from 'sonner';
import { preferences } from '../../shared/preferences/preferences.ts';
import { toastMs } from '../../shared/ui/toast-duration.ts';
import { createArrivals, isShownAlready, type Told } from './arrivals.ts';
import { playChimeOnce } from './chime.ts';
import { showOnDesktop } from './desktop-notifications.ts';
import { countsText, displayOfType } from './notification-display.ts';
import { NotificationToast, SummaryToast } from './notification-toast.tsx';
import { useNotificationsStore } from './use-notifications.ts';

const summaryId = 'summary';
/** As many as the list behind the bell holds. */
const maxHeld = maxNotifications;

/** Tells of what happens while the page is open: by toasts, and where it was asked for by sound and by the browser. */
export function NotificationToasts() {
  const store = useNotificationsStore();
  const router = useRouter();
  const showToasts = useEffectEvent((told: Told) => {
    const page = { path: router.state.location.pathname, isInForeground: !document.hidden };
    if (told.kind === 'summary') showSummary(told);
    else for (const one of told.notifications) if (!isShownAlready(one, page)) show(one);
  });
  const openBuild = useEffectEvent((jobId: string) => void router.navigate({ to: '/jobs/$jobId', params: { jobId } }));
  useEffect(() => {
    const parts = { nowMs: Date.now, setTimer: startTimer };
    // In the background toasts would pile up unseen: they wait, and are told together when somebody looks again.
    let held: readonly Notification[] = [];
    const returned = createArrivals({ ...parts, tell: (told) => showToasts({ ...told, isLate: true }) });
    const arrivals = createArrivals({
      ...parts,
      tell(told) {
        tellOtherwise(told, (jobId) => openBuild(jobId));
        if (document.hidden) held = [...held, ...told.notifications].slice(-maxHeld);
        else showToasts(told);
      },
    });
    const release = (): void => {
      if (document.hidden) return;
      for (const one of held) returned.add(one);
      held = [];
    };
    const leave = store.onArrival(arrivals.add);
    document.addEventListener('visibilitychange', release);
    return () => {
      document.removeEventListener('visibilitychange', release);
      leave();
      arrivals.stop();
      returned.stop();
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
      icons={toastIcons}
      toastOptions={{ classNames: toastClasses, closeButtonAriaLabel: 'Close' }}
    />
  );
}

/** The toast of each build that has one. */
const shownOf = new Map<string, string>();

/** One toast for each build: what is newer takes the place of what is there. */
function show(notification: Notification): void {
  const { id, jobId, type } = notification;
  // Not by giving it the same id: sonner loses what comes while the one before it fades away.
  const earlier = shownOf.get(jobId);
  if (earlier !== undefined) toast.dismiss(earlier);
  shownOf.set(jobId, id);
  const forget = (): void => {
    if (shownOf.get(jobId) === id) shownOf.delete(jobId);
  };
  toast.custom(() => <NotificationToast notification={notification} />, {
    id,
    duration: toastMs(displayOfType(type).isEnd ? 'end' : 'brief'),
    onDismiss: forget,
    onAutoClose: forget,
  });
}

function showSummary({ notifications, isLate }: Told): void {
  const title = isLate ? 'While you were away' : 'Several builds at once';
  toast.custom(() => <SummaryToast toastId={summaryId} title={title} message={`${countsText(notifications)}.`} />, {
    id: summaryId,
    duration: toastMs('end'),
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

/** The frame of a build's toast for those of sonner too: its icons, its paddings and its place of the close button. */
const toastIcons = {
  error: <CircleX aria-hidden="true" />,
  success: <CircleCheck aria-hidden="true" />,
  close: <X aria-hidden="true" />,
};

const toastClasses = {
  // Sonner keeps the height it measured once: of a page that became narrower the last lines would be cut off.
  toast:
    'data-[expanded=true]:h-auto! data-[styled=true]:items-start! data-[styled=true]:gap-3! data-[styled=true]:py-3! ' +
    'data-[styled=true]:pr-2! data-[styled=true]:pl-3.5! data-[styled=true]:shadow-float!',
  icon: 'mx-0! mt-0.5! mb-0! size-4.5! [&>svg]:m-0! [&>svg]:size-4.5!',
  content: 'min-w-0 flex-1 gap-0.5! text-sm! leading-5!',
  title: 'font-medium! leading-5! wrap-anywhere',
  description: 'text-[13px] leading-5! text-muted! wrap-anywhere',
  actionButton:
    'h-8! shrink-0 self-center rounded-lg! border! border-line! bg-panel! px-2.5! text-[13px]! text-fg! hover:bg-panel-2!',
  closeButton:
    'static! order-last size-7! shrink-0 transform-none! rounded-md! border-0! bg-transparent! text-muted! ' +
    'hover:bg-panel-2! hover:text-fg! [&>svg]:size-4',
  error: '[&_[data-icon]]:text-bad',
  success: '[&_[data-icon]]:text-ok',
};
