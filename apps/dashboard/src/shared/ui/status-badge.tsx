import { Ban, CircleCheck, CircleX, Clock, LoaderCircle } from 'lucide-react';
import type { Tone } from '../jobs/job-display.ts';

const looks = {
  waiting: { Icon: Clock, badge: 'bg-panel-2 text-fg', icon: 'text-muted' },
  working: { Icon: LoaderCircle, badge: 'bg-accent-soft text-accent', icon: 'text-accent motion-safe:animate-spin' },
  ok: { Icon: CircleCheck, badge: 'bg-ok-soft text-ok', icon: 'text-ok' },
  bad: { Icon: CircleX, badge: 'bg-bad-soft text-bad', icon: 'text-bad' },
  off: { Icon: Ban, badge: 'bg-warn-soft text-warn', icon: 'text-warn' },
} as const satisfies Readonly<Record<Tone, unknown>>;

/** A status as colour, icon and word. */
export function StatusBadge({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  const { Icon, badge } = looks[tone];
  return (
    <span
      className={`inline-flex items-center gap-1.5 rounded-full px-2.5 py-0.5 text-xs font-medium whitespace-nowrap ${badge}`}
    >
      <Icon className={`size-3.5 ${tone === 'working' ? 'motion-safe:animate-spin' : ''}`} aria-hidden="true" />
      {children}
    </span>
  );
}

/** A status as colour and icon, beside a word that says the same. */
export function StatusIcon({ tone, className = 'size-5' }: { readonly tone: Tone; readonly className?: string }) {
  const { Icon, icon } = looks[tone];
  return <Icon className={`shrink-0 ${className} ${icon}`} aria-hidden="true" />;
}
