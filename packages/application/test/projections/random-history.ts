import { JobId } from '@yardmaster/domain';
import fc from 'fast-check';
import { ada, bob, type History, hash, shop } from './build-history.ts';

const jobCount = 6;

/** Long enough for builds to fail, be retried and end. */
export const manyChoices = fc.array(fc.nat(), { minLength: 80, maxLength: 250, size: 'max' });

/**
 * Plays one action per number, whatever the number. What the models refuse is left out, so any choices make a legal
 * history; half of the actions are the next step of a build that goes well. Returns the requested jobs, oldest first.
 */
export async function playRandomly(history: History, choices: readonly number[]): Promise<readonly JobId[]> {
  await history.register(ada, 'admin');
  await history.register(bob);
  await history.createWebsite(shop);
  const requested = new Set<JobId>();
  for (const choice of choices) {
    history.clock.advance(choice % 700);
    const job = JobId.parse(`job-${choice % jobCount}`);
    if (!requested.has(job)) {
      const owner = choice % 2 === 0 ? ada : bob;
      const [earlier] = requested;
      await history.request(job, { owner, ...(choice % 5 === 0 && earlier !== undefined && { retryOf: earlier }) });
      requested.add(job);
      continue;
    }
    const action = actions[Math.floor(choice / jobCount) % (2 * actions.length)];
    await (action ?? advance)(history, job, choice).catch(() => {}); // Refused: this cannot happen now.
  }
  return [...requested];
}

type Action = (history: History, job: JobId, choice: number) => Promise<unknown>;

const advance: Action = (history, job, choice) =>
  history.advance(job, { outcome: choice % 3 === 0 ? 'cached' : choice % 3 === 1 ? 'skipped' : 'done' });

const actions: readonly Action[] = [
  (history, job) => history.failStep(job, { retryable: true }),
  (history, job) => history.failStep(job),
  (history, job, choice) => history.loseWorker(job, { alone: choice % 3 > 0 }),
  (history, job) => history.complete(job),
  async (history, job) => {
    const { attempt, step } = (await history.state(job)).context;
    if (step !== null) await history.command(job, { type: 'ExpireStep', attempt, step });
  },
  (history, job) => history.command(job, { type: 'CancelBuild', reason: null }),
  (history, job, choice) => history.command(job, { type: 'ChangePriority', priority: choice % 10 }),
  (history, job) => history.command(job, { type: 'WithdrawDispatch', attempt: 1, reason: 'Nobody came.' }),
  (history, job) => history.startPreview(job),
  (history, job) => history.stopPreview(job),
  (history, job) => history.sealLog(job),
  (history, job, choice) =>
    history.user(choice % 2 === 0 ? ada : bob, {
      type: choice % 4 < 2 ? 'ReadNotification' : 'DeleteNotification',
      notificationId: `${job}:queued:1` as never,
    }),
  (history, _, choice) => history.user(choice % 2 === 0 ? ada : bob, { type: 'ReadAllNotifications' }),
  (history, _, choice) => history.website(shop, { type: 'RenameWebsite', name: `Shop ${choice}` }),
  (history, _, choice) =>
    history.user(ada, {
      type: 'IssueSignInLink',
      linkHash: hash(`link-${choice}`),
      expiresAt: '2026-03-02T08:00:00.000Z',
    }),
  (history, _, choice) =>
    history.user(ada, {
      type: 'SignInByLink',
      linkHash: hash(`link-${choice}`),
      sessionHash: hash(`session-${choice}`),
      expiresAt: '2026-03-01T08:10:00.000Z',
    }),
];
