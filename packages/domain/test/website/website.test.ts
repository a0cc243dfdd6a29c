import { JobId, maxBuildsPerWebsite, WebsiteName, type WebsiteState, websiteDecider } from '@yardmaster/domain';
import { aDecisionContext, aJobId, aUserId, buildSettings, given, replay } from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';

const data = { name: 'Garden club', slug: 'garden-club', ownerId: aUserId() };
const create = { type: 'CreateWebsite', ...data } as const;
const created = { type: 'WebsiteCreated', data } as const;
const deleted = { type: 'WebsiteDeleted', data: {} } as const;

describe('creating a website', () => {
  test('records its name, address and owner', () => {
    given(websiteDecider, []).when(create).then([created]);
  });

  test('happens once, and not again after it was deleted', () => {
    given(websiteDecider, [created])
      .when({ ...create, name: 'Another' })
      .thenNothing();
    given(websiteDecider, [created, deleted]).when(create).thenNothing();
  });

  test('begins with settings that leave everything to the project', () => {
    const state = replay(websiteDecider, websiteDecider.initialState(), [created]);
    expect(state).toMatchObject({
      status: 'active',
      settings: { packageManager: null, buildCommand: null, outputDirectory: null },
    });
  });
});

describe('renaming a website', () => {
  test('records the new name', () => {
    given(websiteDecider, [created])
      .when({ type: 'RenameWebsite', name: 'Allotments' })
      .then([{ type: 'WebsiteRenamed', data: { name: 'Allotments' } }]);
  });

  test('to the name that it has does nothing', () => {
    given(websiteDecider, [created]).when({ type: 'RenameWebsite', name: 'Garden club' }).thenNothing();
    given(websiteDecider, [created, { type: 'WebsiteRenamed', data: { name: 'Allotments' } }])
      .when({ type: 'RenameWebsite', name: 'Allotments' })
      .thenNothing();
  });

  test.each(['two\nlines', 'nul\0', '\u001b]0;title\u0007', 'moc.\u202eelpmaxe', 'half a \ud83d'])(
    'does not take %j, which acts on the text around it',
    (name) => {
      expect(WebsiteName.safeParse(name).success).toBe(false);
    },
  );

  test.each(['日本語', 'Ünï 😀', '👩‍💻 café', '<b>"R&D"</b>'])('takes %j', (name) => {
    expect(WebsiteName.parse(name)).toBe(name);
  });

  test('is read as a person meant it, and stored as it was read', () => {
    expect(WebsiteName.parse('  Garden club ')).toBe('Garden club');
    for (const name of ['', '   ', 'x'.repeat(101)]) expect(WebsiteName.safeParse(name).success).toBe(false);
    const stored = websiteDecider.parseEvent('WebsiteRenamed', { name: ' as it is ' }, 1);
    expect(stored.data).toEqual({ name: ' as it is ' });
  });
});

describe('changing the settings of a website', () => {
  test('records all of them', () => {
    const settings = buildSettings({ packageManager: 'pnpm', buildCommand: 'pnpm run site' });
    given(websiteDecider, [created])
      .when({ type: 'ChangeWebsiteSettings', settings })
      .then([{ type: 'WebsiteSettingsChanged', data: { settings } }]);
    const state = replay(websiteDecider, websiteDecider.initialState(), [
      created,
      { type: 'WebsiteSettingsChanged', data: { settings } },
    ]);
    expect(state).toMatchObject({ settings });
  });
});

describe('numbering the builds of a website', () => {
  const assigned = (n: number) =>
    ({ type: 'BuildNumberAssigned', data: { jobId: aJobId(n), buildNumber: n } }) as const;

  test('counts from 1 without a hole', () => {
    given(websiteDecider, [created])
      .when({ type: 'AssignBuildNumber', jobId: aJobId(1) })
      .then([assigned(1)]);
    given(websiteDecider, [created, assigned(1), assigned(2)])
      .when({ type: 'AssignBuildNumber', jobId: aJobId(3) })
      .then([assigned(3)]);
  });

  test('gives a job its number once', () => {
    given(websiteDecider, [created, assigned(1), assigned(2)])
      .when({ type: 'AssignBuildNumber', jobId: aJobId(1) })
      .thenNothing();
  });

  test('remembers which job has which number', () => {
    const state = replay(websiteDecider, websiteDecider.initialState(), [created, assigned(1), assigned(2)]);
    expect(state.status !== 'none' && [...state.buildNumbers]).toEqual([
      [aJobId(1), 1],
      [aJobId(2), 2],
    ]);
  });

  test('ends at the most builds of one website', () => {
    const jobs = Array.from({ length: maxBuildsPerWebsite - 1 }, (_, i) => [JobId.parse(`full-${i}`), i + 1] as const);
    const active = replay(websiteDecider, websiteDecider.initialState(), [created]);
    const almost = { ...active, buildNumbers: new Map(jobs) } as WebsiteState;
    const last = { type: 'AssignBuildNumber', jobId: aJobId() } as const;
    const accepted = websiteDecider.decide(last, almost, aDecisionContext());
    expect(accepted).toMatchObject({ ok: true, events: [{ data: { buildNumber: maxBuildsPerWebsite } }] });
    const full = accepted.ok ? replay(websiteDecider, almost, accepted.events) : almost;
    const over = { type: 'AssignBuildNumber', jobId: aJobId(2) } as const;
    expect(websiteDecider.decide(over, full, aDecisionContext())).toMatchObject({
      ok: false,
      rejection: { code: 'too-many-builds' },
    });
  });
});

describe('deleting a website', () => {
  test('is recorded once', () => {
    given(websiteDecider, [created]).when({ type: 'DeleteWebsite' }).then([deleted]);
    given(websiteDecider, [created, deleted]).when({ type: 'DeleteWebsite' }).thenNothing();
  });

  test.each([
    ['does not exist', []],
    ['was deleted', [created, deleted]],
  ])('nothing but its creation means anything to one that %s', (_, history) => {
    const commands = [
      { type: 'RenameWebsite', name: 'Allotments' },
      { type: 'ChangeWebsiteSettings', settings: buildSettings() },
      { type: 'AssignBuildNumber', jobId: aJobId() },
    ] as const;
    for (const command of commands) given(websiteDecider, history).when(command).thenRejected('website-not-found');
  });

  test('that never existed is refused', () => {
    given(websiteDecider, []).when({ type: 'DeleteWebsite' }).thenRejected('website-not-found');
  });
});

test('a history that no website can have is drift', () => {
  const states = [[], [created], [created, deleted]].map((history) =>
    replay(websiteDecider, websiteDecider.initialState(), history),
  );
  const accepts = (event: typeof created | typeof deleted) =>
    states.map((state) => websiteDecider.evolve(state, event).ok);
  expect(accepts(created)).toEqual([true, false, false]);
  expect(accepts(deleted)).toEqual([false, true, false]);
  expect(states.map((state) => websiteDecider.stateValue(state))).toEqual(['none', 'active', 'deleted']);
});
