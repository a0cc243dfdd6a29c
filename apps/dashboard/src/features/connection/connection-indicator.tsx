import {
  LoaderCircle,
  type LucideIcon,
  OctagonPause,
  Radio,
  RefreshCw,
  RotateCw,
  Rss,
  TriangleAlert,
  WifiOff,
} from 'lucide-react';
import { Popover } from 'radix-ui';
import { useId, useState } from 'react';
import { durationText } from '../../shared/format/quantities.ts';
import { useHealth } from '../../shared/health/health-store.ts';
import { usePreferences } from '../../shared/preferences/preferences.ts';
import { Button } from '../../shared/ui/button.tsx';
import { PopoverWindow } from '../../shared/ui/popover.tsx';
import { useNow } from '../../shared/ui/use-now.ts';
import { useConnection } from './connection-context.ts';
import { type ConnectionDisplay, displayOfConnection, isDegraded } from './connection-display.ts';
import type { ConnectionMode, ConnectionStatus } from './connection-status.ts';

interface Look {
  readonly Icon: LucideIcon;
  readonly colour: string;
}

const degradedLook: Look = { Icon: TriangleAlert, colour: 'text-warn' };

const looks: Readonly<Record<ConnectionMode, Look>> = {
  live: { Icon: Radio, colour: 'text-ok' },
  events: { Icon: Rss, colour: 'text-ok' },
  polling: { Icon: RefreshCw, colour: 'text-warn' },
  connecting: { Icon: LoaderCircle, colour: 'text-accent motion-safe:animate-spin' },
  offline: { Icon: WifiOff, colour: 'text-bad' },
  stopped: { Icon: OctagonPause, colour: 'text-bad' },
};

const noTroubles: readonly string[] = [];

/** How well the page follows what happens, in the head of every page; says more when it is pressed. */
export function ConnectionIndicator() {
  const { connection, status } = useConnection();
  const { pollIntervalMs } = usePreferences();
  const titleId = useId();
  const health = useHealth();
  // With some problems everything still works: those are told, and degrade nothing.
  const troubles =
    health === null || health.status === 'ready' ? noTroubles : health.problems.map(({ title }) => title);
  const state = { mode: status.mode, pollIntervalMs, troubles };
  const display = displayOfConnection(state);
  const { Icon, colour } = isDegraded(state) ? degradedLook : looks[status.mode];
  return (
    <>
      <Popover.Root>
        <Popover.Trigger
          aria-label={`Connection: ${display.word}`}
          data-connection={status.mode}
          className="inline-flex h-8 shrink-0 items-center gap-2 rounded-full border border-line bg-panel px-3 text-[13px] font-medium whitespace-nowrap transition-colors hover:bg-panel-2 max-sm:size-8 max-sm:justify-center max-sm:px-0 pointer-coarse:h-11 pointer-coarse:max-sm:w-11"
        >
          <Icon className={`size-4 shrink-0 ${colour}`} aria-hidden="true" />
          <span className="max-sm:sr-only">{display.word}</span>
        </Popover.Trigger>
        <PopoverWindow aria-labelledby={titleId} className="w-80 p-4">
          <p id={titleId} className="flex items-center gap-2 font-semibold">
            <Icon className={`size-4 shrink-0 ${colour}`} aria-hidden="true" />
            {display.word}
          </p>
          <p className="mt-1.5 text-muted text-pretty">{display.sentence}</p>
          <Details status={status} display={display} />
          {display.canTry && (
            <Button size="small" className="mt-3 w-full" onClick={connection.check}>
              <RotateCw aria-hidden="true" />
              Try again now
            </Button>
          )}
        </PopoverWindow>
      </Popover.Root>
      <Announcer mode={status.mode} />
    </>
  );
}

interface DetailsProps {
  readonly status: ConnectionStatus;
  readonly display: ConnectionDisplay;
}

function Details({ status: { sinceMs }, display }: DetailsProps) {
  const now = useNow();
  const time = new Date(sinceMs).toLocaleTimeString(undefined, { timeStyle: 'medium' });
  return (
    <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 border-t border-line pt-3 text-[13px]">
      <dt className="text-muted">Changes come by</dt>
      <dd className="text-right">{display.way}</dd>
      <dt className="text-muted">Since</dt>
      <dd className="text-right tabular-nums">
        {time} · {durationText(now - sinceMs)}
      </dd>
    </dl>
  );
}

/** Tells a screen reader when the page has lost the server and when it is back, and nothing of what lies between. */
function Announcer({ mode }: { readonly mode: ConnectionMode }) {
  const [said, setSaid] = useState('');
  const now = announcement(mode, said);
  if (now !== said) setSaid(now);
  return (
    <span role="status" className="sr-only">
      {said}
    </span>
  );
}

function announcement(mode: ConnectionMode, said: string): string {
  if (mode === 'offline') return 'Offline. The server does not answer.';
  if (mode === 'stopped') return 'Offline. This page no longer tries to reach the server.';
  return mode === 'connecting' || said === '' ? said : 'Connected again.';
}
