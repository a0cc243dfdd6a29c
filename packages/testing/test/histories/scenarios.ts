import type { NewEvent } from '@yardmaster/application';
import { ArtifactId, type KillEvidence, NotificationId, type Report } from '@yardmaster/domain';
import { stepCompleted, stepFailed, stopped } from '../../src/index.ts';
import { openRecordingWorld, type RecordedBuild, type RecordingWorld } from './recording-world.ts';

const whatWasKilled: KillEvidence = {
  processes: [
    { pid: 4_711, command: 'npm' },
    { pid: 4_712, command: 'node' },
    { pid: 4_713, command: 'esbuild' },
    { pid: 4_714, command: 'sh' },
  ],
  ports: [5_173],
  workspaceRemoved: true,
};

/** What happens in a yard, by name. Together they hold every event of every model. */
const scenarios: Readonly<Record<string, (world: RecordingWorld) => Promise<void>>> = {
  async 'good-build'(world) {
    await (await world.build()).completed();
  },

  async 'cached-dependencies-and-a-development-server'(world) {
    await (await world.build()).completed();
    const build = await world.build({ preview: 'dev', priority: 7 });
    await build.inStep('install');
    await build.report((at) => ({ ...stepCompleted('install', at), outcome: 'cached', detail: 'Nothing changed.' }));
    await build.inStep('typecheck');
    await build.report((at) => ({ ...stepCompleted('typecheck', at), outcome: 'skipped', exitCode: null }));
    await build.completed();
  },

  async 'type-error-and-a-retry-by-hand'(world) {
    const build = await world.build();
    await build.inStep('typecheck');
    await build.report(typeError);
    await build.sealLog();
    await (await build.retried()).completed();
  },

  async 'retry-after-back-off'(world) {
    const build = await world.build();
    await build.inStep('install');
    await build.report((at) => stepFailed('install', at));
    await build.inStep('extract');
    await build.report((at) => stepFailed('extract', at, { code: 'artifact-unreachable' }));
    await build.completed();
  },

  async 'every-attempt-fails'(world) {
    const build = await world.build();
    while (!(await build.isEnded())) {
      await build.inStep('bundle');
      await build.report((at) => stepFailed('bundle', at, { code: 'out-of-memory' }));
    }
    await build.sealLog(3);
  },

  async 'preview-that-does-not-answer'(world) {
    const build = await world.build();
    await build.inStep('preview');
    await build.startPreview(1);
    await build.report((at) => stepFailed('preview', at, { code: 'preview-unhealthy', retryable: false }));
    await world.stopPreview(build.jobId);
    await build.sealLog();
  },

  async 'steps-that-take-too-long'(world) {
    const build = await world.build();
    await build.inStep('install');
    await build.send({ type: 'ExpireStep', attempt: await build.attempt(), step: 'install' });
    await build.inStep('preview');
    await build.send({ type: 'ExpireStep', attempt: await build.attempt(), step: 'preview' });
    await build.completed();
  },

  async 'lost-workers'(world) {
    const build = await world.build();
    await build.until((state) => state.matches({ building: 'claimed' }));
    await loseWorker(build);
    await build.until(({ value }) => value === 'running');
    await loseWorker(build);
    await build.inStep('bundle');
    await loseWorker(build);
    await build.sealLog(12);
  },

  async 'a-build-that-kills-its-workers'(world) {
    const build = await world.build();
    await build.inStep('install');
    await loseWorker(build, { alone: true });
    await build.inStep('install');
    await loseWorker(build, { alone: true });
    await build.sealLog(12);
    await (await build.retried()).completed();
  },

  async 'attempts-given-up'(world) {
    const build = await world.build();
    await build.until((state) => state.matches({ building: 'claimed' }));
    await build.report((at) => ({ ...stopped(at), proven: false }));
    await build.inStep('preview');
    await build.report(stopped);
    await build.completed();
  },

  async 'builds-handed-back'(world) {
    const build = await world.build();
    await build.inStep('install');
    await build.report((at) => ({ ...stopped(at), kind: 'returned' }));
    await build.inStep('preview');
    await build.report((at) => ({ ...stopped(at), kind: 'returned' }));
    await build.completed();
  },

  async 'priorities-and-a-dispatch-withdrawn'(world) {
    const build = await world.build();
    await build.send({ type: 'ChangePriority', priority: 9 });
    await build.until(({ value }) => value === 'dispatched');
    await build.send({ type: 'WithdrawDispatch', attempt: 1, reason: 'No worker of its pool is left.' });
    await build.inStep('install');
    await build.report((at) => stepFailed('install', at));
    await build.send({ type: 'ChangePriority', priority: 2 });
    await build.completed();
  },

  async 'cancelled-while-no-worker-has-it'(world) {
    await cancel(await world.build());
    const dispatched = await world.build();
    await dispatched.until(({ value }) => value === 'dispatched');
    await cancel(dispatched);
    const backingOff = await world.build();
    await backingOff.inStep('install');
    await backingOff.report((at) => stepFailed('install', at));
    await cancel(backingOff);
    await backingOff.sealLog();
  },

  async 'cancelled-while-a-worker-has-it'(world) {
    await endCancelled(world, 'install', (build) =>
      build.report((at) => ({ ...stopped(at), killedProcesses: 4, killed: whatWasKilled })),
    );
    await endCancelled(world, 'bundle', (build) => build.report((at) => stepFailed('bundle', at)));
    await endCancelled(world, 'preview', (build) => build.report((at) => ({ kind: 'finished', ...at })));
    await endCancelled(world, 'extract', (build) => build.report((at) => ({ ...stopped(at), kind: 'returned' })));
    await endCancelled(world, 'typecheck', loseWorker);
    const lost = await world.build();
    await lost.inStep('install');
    await loseWorker(lost);
    await cancel(lost);
  },

  async 'a-preview-lives-on'(world) {
    const build = await world.build();
    await build.completed();
    const { jobId } = build;
    const expiresAt = world.later(86_400_000);
    await world.previewEvent(jobId, { type: 'PreviewRenewed', data: { expiresAt } });
    await world.previewEvent(jobId, { type: 'PreviewExpired', data: {} });
    await build.startPreview(2);
    await build.startPreview(3);
    await world.stopPreview(jobId);
    await build.startPreview(4);
    await world.previewEvent(jobId, { type: 'PreviewExpired', data: {} });
    await world.stopPreview(jobId);
    const again = { artifactId: ArtifactId.parse('output-5'), spa: false, expiresAt };
    await world.previewEvent(jobId, { type: 'PreviewRestarted', data: again });
  },

  async 'a-website-is-changed-and-deleted'(world) {
    await world.build();
    await world.websiteCommand({ type: 'RenameWebsite', name: 'Allotments' });
    const settings = { packageManager: 'pnpm', buildCommand: 'pnpm run build', outputDirectory: 'out' } as const;
    await world.websiteCommand({ type: 'ChangeWebsiteSettings', settings });
    await world.build();
    await world.websiteCommand({ type: 'DeleteWebsite' });
  },

  async 'an-account'({ user, hash, later }) {
    await user({ type: 'RegisterUser', role: 'admin' });
    await user({
      type: 'IssueApiToken',
      tokenId: 'token-1',
      tokenHash: hash('token 1'),
      label: 'continuous integration',
    });
    await user({ type: 'IssueSignInLink', linkHash: hash('link 1'), expiresAt: later(900_000) });
    const session = { sessionHash: hash('session 1'), expiresAt: later(2_592_000_000) };
    await user({ type: 'SignInByLink', linkHash: hash('link 1'), ...session });
    await user({ type: 'RevokeApiToken', tokenId: 'token-1' });
    const notificationId = NotificationId.parse('job-1:completed');
    await user({ type: 'ReadNotification', notificationId });
    await user({ type: 'ReadAllNotifications' });
    await user({ type: 'DeleteNotification', notificationId });
    const refused = { code: 'archive-empty', message: 'The archive holds no files.', fileName: 'empty.zip' };
    await user({ type: 'RefuseUpload', ...refused, sizeBytes: 22 });
    await user({ type: 'RefuseUpload', ...refused, fileName: null, sizeBytes: 0 });
    await user({ type: 'EndSession', sessionHash: hash('session 1') });
  },
};

export interface RecordedScenario {
  readonly scenario: string;
  readonly events: readonly NewEvent[];
}

/** Lives through every scenario with the models of today, each in a world of its own. */
export async function recordScenarios(): Promise<readonly RecordedScenario[]> {
  const recorded: RecordedScenario[] = [];
  for (const [index, [scenario, live]] of Object.entries(scenarios).entries()) {
    const world = openRecordingWorld(index + 1);
    await live(world);
    recorded.push({ scenario, events: await world.events() });
  }
  return recorded;
}

function typeError(at: Pick<Report, 'attempt' | 'seq'>): Report {
  const where = { file: 'src/App.tsx', line: 12, column: 7, code: 'TS2322' };
  const message = "Type 'string' is not assignable to type 'number'.";
  return stepFailed('typecheck', at, {
    ...{
      code: 'type-errors',
      message: 'The type check found 1 error.',
      hint: 'Run "tsc" to see it.',
      retryable: false,
    },
    annotations: [{ ...where, message, excerpt: 'const beds: number = "four";', severity: 'error' }],
    exitCode: 2,
  });
}

async function loseWorker(build: RecordedBuild, { alone } = { alone: false }): Promise<void> {
  const [attempt, workerId] = [await build.attempt(), await build.worker()];
  await build.send({
    type: 'DeclareWorkerLost',
    attempt,
    workerId,
    reason: 'It has not been heard of for 15 s.',
    alone,
  });
}

async function cancel(build: RecordedBuild): Promise<void> {
  await build.send({ type: 'CancelBuild', reason: 'It was a mistake.' });
}

async function endCancelled(
  world: RecordingWorld,
  step: Parameters<RecordedBuild['inStep']>[0],
  end: (build: RecordedBuild) => Promise<void>,
): Promise<void> {
  const build = await world.build();
  await build.inStep(step);
  await cancel(build);
  await end(build);
}
