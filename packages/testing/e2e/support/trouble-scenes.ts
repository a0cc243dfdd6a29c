import { type Step, WorkerId } from '@yardmaster/domain';
import type { DeadLetterList, HealthProblem, ServerFrame } from '@yardmaster/protocol';
import type { Page } from 'playwright-core';
import type { BusyDay } from './busy-day.ts';
import type { Scene } from './scenes.ts';

/** What does not work, and builds that were set aside. */
export const troubleScenes = (day: BusyDay): readonly Scene[] => [...deadLetterScenes(day), ...healthScenes];

/** It takes lost workers to have one: the answer of a server that has is given to the page. */
const deadLetterScenes = (day: BusyDay): readonly Scene[] => [
  {
    name: 'dead-letters',
    path: '/dead-letters',
    before: (page) => page.route('**/admin/dead-letters', (route) => route.fulfill({ json: deadLetters(day) })),
    ready: (page) => page.getByText('Released as'),
    inGuide: [1440],
  },
];

function deadLetters(day: BusyDay): DeadLetterList {
  const lost = (attempt: number, workerId: string, step: Step, alone: boolean) => ({
    attempt,
    workerId: WorkerId.parse(workerId),
    step,
    reason: 'It sent no heartbeat for 4 s.',
    alone,
  });
  const letter = {
    websiteId: 'website-1',
    ownerId: 'ada',
    failedAt: '2026-01-01T09:30:00.000Z',
    error: { code: 'poison-build', message: 'It was alone on its worker.', hint: null, step: 'bundle' },
  } as const;
  const waiting = {
    ...letter,
    jobId: day.failed,
    websiteName: 'photo-archive',
    buildNumber: 3,
    losses: [lost(1, 'worker-1', 'bundle', true), lost(2, 'worker-2', 'bundle', true)],
    releasedAs: null,
  };
  const released = {
    ...letter,
    jobId: day.cancelled,
    websiteName: 'city-tour',
    buildNumber: 12,
    error: { ...letter.error, code: 'worker-lost' },
    losses: [lost(3, 'worker-2', 'install', false)],
    releasedAs: day.completed,
  };
  return { deadLetters: [waiting, released], total: 2 };
}

const problem = (code: HealthProblem['code'], title: string, message: string): HealthProblem => ({
  code,
  title,
  message,
  since: '2026-01-01T09:30:00.000Z',
});

/** Told by the page's own live connection, as a server would that is in such a state. */
const toldOf =
  (...problems: readonly HealthProblem[]) =>
  (page: Page): Promise<void> => {
    const degraded = { status: 'degraded', problems } as const;
    return page.routeWebSocket(/\/live$/, (route) => {
      const server = route.connectToServer();
      server.onMessage((text) => {
        const frame: ServerFrame = JSON.parse(String(text));
        const told = frame.health === undefined ? frame : { ...frame, health: { ...frame.health, ...degraded } };
        route.send(JSON.stringify(told));
      });
    });
  };

const healthScenes: readonly Scene[] = [
  {
    name: 'health',
    path: '/',
    before: toldOf(
      problem('disk-full', 'The disk is full', 'New uploads are refused, to leave room for what was accepted.'),
      problem(
        'no-workers',
        'No worker takes builds',
        'No worker can be reached. Uploads are taken in and wait until one takes them, and previews are shown.',
      ),
      problem('clock-jumped', 'The clock of the server was set', 'It went back by 2 min. Builds go on.'),
    ),
    open: (page) => page.getByRole('button', { name: /^More about the state/ }).click(),
    ready: (page) => page.getByRole('region', { name: 'State of Yardmaster' }).getByText('It went back by 2 min.'),
    inGuide: [1440],
  },
];
