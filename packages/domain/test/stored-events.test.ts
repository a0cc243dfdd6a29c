import {
  Actor,
  type AnyDecider,
  BuildSettings,
  buildJobDecider,
  EventMetadata,
  JobId,
  logDecider,
  maxAnnotations,
  maxKilledProcessesNamed,
  maxPortsNamed,
  maxStepTimeoutMs,
  mostAttempts,
  previewDecider,
  StateValue,
  slugDecider,
  Timestamp,
  userDecider,
  websiteDecider,
} from '@yardmaster/domain';
import { aBuild, aMoment, anArtifactId, aUserId, aWebsiteId, buildSettings, nothingKilled } from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';

interface AnyEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const lives = [
  aBuild().inStep('install').stepFailed().completed(),
  aBuild().queued().command({ type: 'ChangePriority', priority: 9 }).dispatched().withdrawn().cancelled(),
  aBuild().inStep('bundle').timedOut(),
  aBuild().inStep('bundle').gaveBack(),
  aBuild().inStep('bundle').gaveUp(),
  aBuild({ maxAttempts: 1 }).running().workerLost(),
  aBuild().inStep('install').cancelled().stopped(),
];
const buildEvents = [...new Map(lives.flatMap(({ events }) => events).map((event) => [event.type, event])).values()];

const expiresAt = aMoment;
const shown = { artifactId: anArtifactId(), spa: false, expiresAt: null };
const hash = 'f'.repeat(64);

/** One event of every type, by the model that it belongs to. */
const models: readonly (readonly [AnyDecider, readonly AnyEvent[]])[] = [
  [buildJobDecider, buildEvents],
  [
    websiteDecider,
    [
      { type: 'WebsiteCreated', data: { name: 'Garden club', slug: 'garden-club', ownerId: aUserId() } },
      { type: 'WebsiteRenamed', data: { name: 'Allotments' } },
      { type: 'WebsiteSettingsChanged', data: { settings: buildSettings({ packageManager: 'yarn' }) } },
      { type: 'BuildNumberAssigned', data: { jobId: 'job-1', buildNumber: 1 } },
      { type: 'WebsiteDeleted', data: {} },
    ],
  ],
  [
    previewDecider,
    [
      {
        type: 'PreviewStarted',
        data: { websiteId: aWebsiteId(), ownerId: aUserId(), name: 'garden-1', slug: 'garden', ...shown },
      },
      { type: 'PreviewRenewed', data: { expiresAt } },
      { type: 'PreviewExpired', data: {} },
      { type: 'PreviewStopped', data: { reason: '' } },
      { type: 'PreviewRestarted', data: shown },
    ],
  ],
  [
    userDecider,
    [
      { type: 'UserRegistered', data: { role: 'admin' } },
      { type: 'ApiTokenIssued', data: { tokenId: 'token-1', tokenHash: hash, label: '' } },
      { type: 'ApiTokenRevoked', data: { tokenId: 'token-1' } },
      { type: 'SignInLinkIssued', data: { linkHash: hash, expiresAt } },
      { type: 'SessionStarted', data: { sessionHash: hash, via: 'link', linkHash: hash, expiresAt } },
      { type: 'SessionEnded', data: { sessionHash: hash } },
      { type: 'NotificationRead', data: { notificationId: 'job-1:failed' } },
      { type: 'AllNotificationsRead', data: { before: aMoment } },
      { type: 'NotificationDeleted', data: { notificationId: 'job-1:failed' } },
      { type: 'UploadRefused', data: { code: 'empty', message: 'It is empty.', fileName: null, sizeBytes: 0 } },
    ],
  ],
  [slugDecider, [{ type: 'SlugReserved', data: { websiteId: aWebsiteId() } }]],
  [logDecider, [{ type: 'LogSealed', data: { artifactId: anArtifactId(), lines: 1, missingLines: 0, sizeBytes: 9 } }]],
];

/** In the version in which it is recorded today. */
const parse = (decider: AnyDecider, type: string, data: unknown) =>
  decider.parseEvent(type, data, decider.schemaVersion({ type }));

const categories = models.map(([decider, events]) => ({ category: decider.category, decider, events }));

describe.each(categories)('the stored events of $category', ({ decider, events }) => {
  const cases = events.map(({ type, data }) => [type, data] as const);

  test('are all tried here', () => {
    expect(events.map(({ type }) => type).sort()).toEqual([...decider.eventTypes].sort());
  });

  test.each(cases)('%s is read as it was written', (type, data) => {
    expect(parse(decider, type, JSON.parse(JSON.stringify(data)))).toEqual({ type, data });
  });

  test.each(cases)('%s is refused with a field missing', (type, data) => {
    for (const field of Object.keys(data)) {
      const { [field]: _missing, ...rest } = data;
      expect(() => parse(decider, type, rest), field).toThrow();
    }
    for (const nothing of [undefined, null, [], 'data', 1]) expect(() => parse(decider, type, nothing)).toThrow();
  });

  test.each(cases)('%s is refused with a wrong type', (type, data) => {
    for (const field of Object.keys(data)) {
      expect(() => parse(decider, type, { ...data, [field]: Symbol(field) }), field).toThrow();
    }
  });

  test.each(cases)('%s loses fields that nobody knows', (type, data) => {
    const padded = { ...data, surprise: { nested: true }, type: 'Another' };
    expect(parse(decider, type, padded)).toEqual({ type, data });
  });

  test('of a type that nobody knows are refused', () => {
    for (const type of ['', 'buildrequested', 'SomethingElse', '__proto__', 'constructor']) {
      expect(() => parse(decider, type, {})).toThrow();
    }
  });
});

describe('what an event of a build may hold', () => {
  const dataOf = (type: string) => buildEvents.find((event) => event.type === type)?.data ?? {};
  const annotation = {
    file: 'a.ts',
    line: 1,
    column: null,
    code: null,
    message: '',
    excerpt: null,
    severity: 'warning',
  } as const;
  const loss = { attempt: 1, workerId: 'worker-1', step: 'install', reason: 'It fell silent.', alone: true };
  const program = { pid: 1, command: 'node' };
  const killing = (process: object) => ({ killed: { ...nothingKilled, processes: [{ ...program, ...process }] } });

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['BuildRequested', { websiteName: 'x'.repeat(100) }, { websiteName: 'x'.repeat(101) }],
    ['BuildRequested', { websiteName: 'x' }, { websiteName: '' }],
    ['BuildRequested', { priority: 9 }, { priority: 10 }],
    ['BuildRequested', { priority: 0 }, { priority: -1 }],
    ['BuildRequested', { priority: 4 }, { priority: 4.5 }],
    ['BuildRequested', { maxAttempts: 10 }, { maxAttempts: 11 }],
    ['BuildRequested', { maxAttempts: 1 }, { maxAttempts: 0 }],
    ['BuildRequested', { buildNumber: 1 }, { buildNumber: 0 }],
    ['BuildRequested', { previewName: 'a-1' }, { previewName: 'a.1' }],
    ['BuildRequested', { previewName: 'a'.repeat(63) }, { previewName: 'a'.repeat(64) }],
    ['BuildRequested', { retryOf: 'job-0' }, { retryOf: 'job 0' }],
    ['BuildDispatched', { pool: 'p'.repeat(32) }, { pool: 'p'.repeat(33) }],
    ['BuildDispatched', { attempt: 1 }, { attempt: 0 }],
    ['DispatchWithdrawn', { reason: 'r'.repeat(500) }, { reason: 'r'.repeat(501) }],
    ['BuildClaimed', { claimId: 'c'.repeat(64) }, { claimId: 'c'.repeat(65) }],
    ['BuildClaimed', { workerSession: 's'.repeat(64) }, { workerSession: 's'.repeat(65) }],
    ['BuildClaimed', { workerId: 'w'.repeat(64) }, { workerId: 'w'.repeat(65) }],
    ['BuildClaimed', { leaseMs: 1 }, { leaseMs: 0 }],
    ['StepStarted', { timeoutMs: maxStepTimeoutMs }, { timeoutMs: maxStepTimeoutMs + 1 }],
    ['StepStarted', { seq: 1 }, { seq: 0 }],
    ['StepStarted', { step: 'preview' }, { step: 'deploy' }],
    ['StepStarted', { deadlineAt: aMoment }, { deadlineAt: '2026-01-01T12:00:00Z' }],
    ['StepCompleted', { detail: 'd'.repeat(500) }, { detail: 'd'.repeat(501) }],
    ['StepCompleted', { durationMs: 0 }, { durationMs: -1 }],
    ['StepFailed', { message: 'm'.repeat(2_000) }, { message: 'm'.repeat(2_001) }],
    ['StepFailed', { hint: 'h'.repeat(1_000) }, { hint: 'h'.repeat(1_001) }],
    ['StepFailed', { code: 'c'.repeat(64) }, { code: 'c'.repeat(65) }],
    [
      'StepFailed',
      { annotations: Array(maxAnnotations).fill(annotation) },
      { annotations: Array(maxAnnotations + 1).fill(annotation) },
    ],
    [
      'StepFailed',
      { annotations: [{ ...annotation, message: 'm'.repeat(2_000) }] },
      { annotations: [{ ...annotation, message: 'm'.repeat(2_001) }] },
    ],
    ['StepFailed', { annotations: [{ ...annotation, line: 1 }] }, { annotations: [{ ...annotation, line: 0 }] }],
    ['WorkerLost', { reason: 'r'.repeat(500) }, { reason: 'r'.repeat(501) }],
    ['OutputPublished', { sizeBytes: Number.MAX_SAFE_INTEGER }, { sizeBytes: Number.MAX_SAFE_INTEGER + 1 }],
    ['CancelRequested', { reason: 'r'.repeat(500) }, { reason: 'r'.repeat(501) }],
    ['BuildFailed', { message: 'm'.repeat(2_000) }, { message: 'm'.repeat(2_001) }],
    ['BuildFailed', { losses: Array(mostAttempts).fill(loss) }, { losses: Array(mostAttempts + 1).fill(loss) }],
    ['BuildFailed', { losses: [{ ...loss, step: null }] }, { losses: [{ ...loss, alone: null }] }],
    ['BuildCancelled', { killed: null }, { killed: 'nothing' }],
    ['BuildCancelled', killing({ pid: 1 }), killing({ pid: 0 })],
    ['BuildCancelled', killing({ command: 'c'.repeat(64) }), killing({ command: 'c'.repeat(65) })],
    [
      'BuildCancelled',
      { killed: { ...nothingKilled, processes: Array(maxKilledProcessesNamed).fill(program) } },
      { killed: { ...nothingKilled, processes: Array(maxKilledProcessesNamed + 1).fill(program) } },
    ],
    [
      'BuildCancelled',
      { killed: { ...nothingKilled, ports: Array(maxPortsNamed).fill(65_535) } },
      { killed: { ...nothingKilled, ports: Array(maxPortsNamed + 1).fill(65_535) } },
    ],
    [
      'BuildCancelled',
      { killed: { ...nothingKilled, ports: [65_535] } },
      { killed: { ...nothingKilled, ports: [65_536] } },
    ],
  ])('%s: %o, but not %o', (type, fits, tooMuch) => {
    expect(parse(buildJobDecider, type, { ...dataOf(type), ...fits }).data).toMatchObject(fits);
    expect(() => parse(buildJobDecider, type, { ...dataOf(type), ...tooMuch })).toThrow();
  });

  test('settings that an older history lacks are left to the project', () => {
    expect(BuildSettings.parse({})).toEqual({ packageManager: null, buildCommand: null, outputDirectory: null });
  });
});

describe('what is stored beside an event', () => {
  const metadata = {
    eventId: '0192f0c1-0000-7000-8000-000000000000',
    stream: 'buildJob-job-1',
    revision: 0,
    occurredAt: aMoment,
    actor: { kind: 'system', name: 'dispatcher' },
    correlationId: 'job-1',
    causationId: null,
    from: 'pending',
    to: { building: 'claimed' },
    machineVersion: 1,
    schemaVersion: 1,
    traceparent: null,
    hash,
  };

  test('is read as it was written', () => {
    expect(EventMetadata.parse(JSON.parse(JSON.stringify(metadata)))).toEqual(metadata);
  });

  test.each([
    ['eventId', 'not-a-uuid'],
    ['revision', -1],
    ['occurredAt', '2026-01-01T13:00:00.000+01:00'],
    ['actor', { kind: 'user' }],
    ['actor', { kind: 'worker', workerId: 'a.b' }],
    ['actor', { kind: 'ghost', name: 'x' }],
    ['correlationId', 'c'.repeat(129)],
    ['to', { building: 1 }],
    ['to', null],
    ['hash', 'F'.repeat(64)],
    ['machineVersion', 0],
  ])('refuses %s: %j', (field, value) => {
    expect(() => EventMetadata.parse({ ...metadata, [field]: value })).toThrow();
  });

  test('names who acted, and nothing more about them', () => {
    expect(Actor.parse({ kind: 'user', userId: 'user-1', email: 'a@example.org' })).toEqual({
      kind: 'user',
      userId: 'user-1',
    });
  });

  test('takes state values of any depth', () => {
    expect(StateValue.parse({ a: { b: { c: 'd' } } })).toEqual({ a: { b: { c: 'd' } } });
  });
});

test.each([[''], ['a b'], ['a.b'], ['a/b'], ['a>'], ['*'], ['a\n'], ['é'], ['a'.repeat(65)]])(
  'an id cannot be %j, which a subject, a path or a URL would read as something else',
  (id) => {
    expect(JobId.safeParse(id).success).toBe(false);
  },
);

test.each([['2026-01-01'], ['2026-01-01T12:00:00.0000Z'], ['2026-01-01T12:00:00.000'], ['2026-13-01T12:00:00.000Z']])(
  'a moment cannot be stored as %j',
  (moment) => {
    expect(Timestamp.safeParse(moment).success).toBe(false);
    expect(Timestamp.safeParse(aMoment).success).toBe(true);
  },
);
