import {
  type Decider,
  type DomainEvent,
  type LogCommand,
  logDecider,
  NotificationId,
  type PreviewCommand,
  previewDecider,
  type SlugCommand,
  slugDecider,
  type UserCommand,
  userDecider,
  type WebsiteCommand,
  websiteDecider,
} from '@yardmaster/domain';
import {
  aDecisionContext,
  aJobId,
  anArtifactId,
  aUserId,
  aWebsiteId,
  buildSettings,
  momentsLater,
  replay,
} from '@yardmaster/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

interface Model<State, Command, Event extends DomainEvent> {
  readonly decider: Decider<State, Command, Event>;
  readonly commands: fc.Arbitrary<Command>;
  /** What makes two states the same. */
  readonly essence: (state: State) => unknown;
  /** Commands that ask for the same thing once more each time, and so are recorded each time. */
  readonly repeatable: readonly string[];
}

/** What holds of every model, whatever is asked of it. The build job, which has more laws, has a file of its own. */
function obeysTheLaws<State, Command extends { readonly type: string }, Event extends DomainEvent>(
  name: string,
  { decider, commands, essence, repeatable }: Model<State, Command, Event>,
): void {
  describe(`the model of a ${name}, in any sequence of commands,`, () => {
    /** Lives through commands at times that go on, and hands each decision that led to events to `check`. */
    function live(asked: readonly Command[], check: (moment: Moment<State, Command, Event>) => void): void {
      let before = decider.initialState();
      for (const [i, command] of asked.entries()) {
        const context = aDecisionContext({ now: momentsLater(i * 1_000) });
        const decision = decider.decide(command, before, context);
        expect(decider.decide(command, before, context)).toEqual(decision);
        const events = decision.ok ? decision.events : [];
        const after = replay(decider, before, events);
        check({ command, events, after, context });
        before = after;
      }
    }

    test('proposes only events that it accepts, and decides the same twice', () => {
      fc.assert(fc.property(fc.array(commands, { maxLength: 40, size: 'max' }), (asked) => live(asked, () => {})));
    });

    test('gives back every state from the stored events', () => {
      fc.assert(
        fc.property(fc.array(commands, { maxLength: 40, size: 'max' }), (asked) => {
          let replayed = decider.initialState();
          live(asked, ({ events, after }) => {
            const stored = JSON.parse(JSON.stringify(events)) as readonly Event[];
            const parsed = stored.map((event) =>
              decider.parseEvent(event.type, event.data, decider.schemaVersion(event)),
            );
            replayed = replay(decider, replayed, parsed);
            expect(essence(replayed)).toEqual(essence(after));
            expect(decider.stateValue(replayed)).toEqual(decider.stateValue(after));
          });
        }),
      );
    });

    test('adds nothing when a command is sent again at once', () => {
      fc.assert(
        fc.property(fc.array(commands, { maxLength: 40, size: 'max' }), (asked) => {
          live(asked, ({ command, after, context }) => {
            if (repeatable.includes(command.type)) return;
            const again = decider.decide(command, after, context);
            expect(again.ok ? again.events : []).toEqual([]);
          });
        }),
      );
    });
  });
}

interface Moment<State, Command, Event> {
  readonly command: Command;
  readonly events: readonly Event[];
  readonly after: State;
  readonly context: ReturnType<typeof aDecisionContext>;
}

const few = fc.integer({ min: 1, max: 3 });
const type = <Type extends string>(name: Type) => fc.constant(name);
const moment = fc.nat({ max: 40 }).map((seconds) => momentsLater(seconds * 1_000));
const hash = few.map((n) => String(n).repeat(64));
const notificationId = few.map((n) => NotificationId.parse(`job-${n}:completed`));

obeysTheLaws('website', {
  decider: websiteDecider,
  essence: (state) => state,
  repeatable: ['ChangeWebsiteSettings'],
  commands: fc.oneof(
    fc.constant<WebsiteCommand>({
      type: 'CreateWebsite',
      name: ' Garden club',
      slug: 'garden-club',
      ownerId: aUserId(),
    }),
    fc.record({ type: type('RenameWebsite'), name: fc.string({ minLength: 1, maxLength: 100 }) }),
    fc.record({
      type: type('ChangeWebsiteSettings'),
      settings: fc.constantFrom(buildSettings(), buildSettings({ packageManager: 'bun' })),
    }),
    fc.record({ type: type('AssignBuildNumber'), jobId: fc.integer({ min: 1, max: 20 }).map(aJobId) }),
    fc.constant<WebsiteCommand>({ type: 'DeleteWebsite' }),
  ) as fc.Arbitrary<WebsiteCommand>,
});

obeysTheLaws('user', {
  decider: userDecider,
  essence: (state) => state,
  repeatable: ['IssueSignInLink', 'ReadAllNotifications', 'RefuseUpload'],
  commands: fc.oneof(
    fc.record({ type: type('RegisterUser'), role: fc.constantFrom('user', 'operator', 'admin') }),
    fc.record({ type: type('IssueApiToken'), tokenId: few.map(String), tokenHash: hash, label: fc.constant('') }),
    fc.record({ type: type('RevokeApiToken'), tokenId: few.map(String) }),
    fc.record({ type: type('IssueSignInLink'), linkHash: hash, expiresAt: moment }),
    fc.record({ type: type('SignInByLink'), linkHash: hash, sessionHash: hash, expiresAt: moment }),
    fc.record({ type: type('EndSession'), sessionHash: hash }),
    fc.record({ type: type('ReadNotification'), notificationId }),
    fc.record({ type: type('ReadAllNotifications') }),
    fc.record({ type: type('DeleteNotification'), notificationId }),
    fc.record({
      type: type('RefuseUpload'),
      code: fc.constant('empty'),
      message: fc.string(),
      fileName: fc.option(fc.string()),
      sizeBytes: fc.maxSafeNat(),
    }),
  ) as fc.Arbitrary<UserCommand>,
});

obeysTheLaws('preview', {
  decider: previewDecider,
  essence: ({ value, context }) => ({ value, context }),
  repeatable: [],
  commands: fc.oneof(
    fc.record({
      type: type('StartPreview'),
      websiteId: fc.constant(aWebsiteId()),
      ownerId: fc.constant(aUserId()),
      name: fc.constant('garden-club-1'),
      slug: fc.constant('garden-club'),
      artifactId: few.map(anArtifactId),
      spa: fc.boolean(),
      expiresAt: fc.option(moment),
    }),
    fc.record({ type: type('StopPreview'), reason: fc.string({ maxLength: 200 }) }),
  ) as fc.Arbitrary<PreviewCommand>,
});

obeysTheLaws('slug', {
  decider: slugDecider,
  essence: (state) => state,
  repeatable: [],
  commands: fc.record({ type: type('ReserveSlug'), websiteId: few.map(aWebsiteId) }) as fc.Arbitrary<SlugCommand>,
});

obeysTheLaws('log', {
  decider: logDecider,
  essence: ({ value }) => value,
  repeatable: [],
  commands: fc.record({
    type: type('SealLog'),
    artifactId: few.map(anArtifactId),
    lines: fc.nat(),
    missingLines: fc.nat(),
    sizeBytes: fc.nat(),
  }) as fc.Arbitrary<LogCommand>,
});
