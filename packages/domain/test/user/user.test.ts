import { maxOpenLinks, NotificationId, type UserCommand, type UserEvent, userDecider } from '@yardmaster/domain';
import { aDecisionContext, aMoment, given, momentsLater, replay } from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';

const hash = (digit: string) => digit.repeat(64);
const hourMs = 3_600_000;

const registered: UserEvent = { type: 'UserRegistered', data: { role: 'operator' } };
const token = { tokenId: 'token-1', tokenHash: hash('a'), label: 'Laptop' };
const link = { linkHash: hash('b'), expiresAt: momentsLater(hourMs) };
const session = {
  sessionHash: hash('c'),
  via: 'link',
  linkHash: link.linkHash,
  expiresAt: momentsLater(24 * hourMs),
} as const;
const signIn = {
  type: 'SignInByLink',
  linkHash: link.linkHash,
  sessionHash: session.sessionHash,
  expiresAt: session.expiresAt,
} as const;
const notificationId = NotificationId.parse('job-1:completed');
const refusal = { code: 'archive-bomb', message: 'It unpacks to 3 TB.', fileName: 'site.zip', sizeBytes: 1_000 };

describe('registering', () => {
  test('records the role, once', () => {
    given(userDecider, []).when({ type: 'RegisterUser', role: 'operator' }).then([registered]);
    given(userDecider, [registered]).when({ type: 'RegisterUser', role: 'admin' }).thenNothing();
  });

  test('comes before everything else', () => {
    const commands: readonly UserCommand[] = [
      { type: 'IssueApiToken', ...token },
      { type: 'RevokeApiToken', tokenId: token.tokenId },
      { type: 'IssueSignInLink', ...link },
      signIn,
      { type: 'EndSession', sessionHash: session.sessionHash },
      { type: 'ReadNotification', notificationId },
      { type: 'ReadAllNotifications' },
      { type: 'DeleteNotification', notificationId },
      { type: 'RefuseUpload', ...refusal },
    ];
    for (const command of commands) given(userDecider, []).when(command).thenRejected('user-not-found');
  });
});

describe('an API token', () => {
  const issued: UserEvent = { type: 'ApiTokenIssued', data: token };
  const revoked: UserEvent = { type: 'ApiTokenRevoked', data: { tokenId: token.tokenId } };

  test('is issued once', () => {
    given(userDecider, [registered])
      .when({ type: 'IssueApiToken', ...token })
      .then([issued]);
    given(userDecider, [registered, issued])
      .when({ type: 'IssueApiToken', ...token })
      .thenNothing();
  });

  test('is revoked once', () => {
    const revoke = { type: 'RevokeApiToken', tokenId: token.tokenId } as const;
    given(userDecider, [registered, issued]).when(revoke).then([revoked]);
    given(userDecider, [registered, issued, revoked]).when(revoke).thenNothing();
    given(userDecider, [registered]).when(revoke).thenNothing();
  });

  test('counts only until it is revoked', () => {
    const start = userDecider.initialState();
    expect([...replay(userDecider, start, [registered, issued]).tokens]).toEqual([['token-1', hash('a')]]);
    expect(replay(userDecider, start, [registered, issued, revoked]).tokens.size).toBe(0);
  });
});

describe('a sign-in link', () => {
  const issued: UserEvent = { type: 'SignInLinkIssued', data: link };
  const started: UserEvent = { type: 'SessionStarted', data: session };

  test('starts a session', () => {
    given(userDecider, [registered])
      .when({ type: 'IssueSignInLink', ...link })
      .then([issued]);
    given(userDecider, [registered, issued]).when(signIn).then([started]);
  });

  test('works once', () => {
    given(userDecider, [registered, issued, started])
      .when({ ...signIn, sessionHash: hash('d') })
      .thenRejected('link-unknown');
  });

  test('that was never issued is refused', () => {
    given(userDecider, [registered, issued])
      .when({ ...signIn, linkHash: hash('e') })
      .thenRejected('link-unknown');
  });

  test('works until the moment it expires, and not at it', () => {
    const at = (ms: number) => given(userDecider, [registered, issued]).when(signIn, { now: momentsLater(ms) });
    at(hourMs - 1).then([started]);
    at(hourMs).thenRejected('link-expired');
    at(hourMs + 1).thenRejected('link-expired');
  });

  test('that is the oldest gives way when there are too many', () => {
    const links = Array.from({ length: maxOpenLinks + 1 }, (_, i): UserEvent => {
      return {
        type: 'SignInLinkIssued',
        data: { linkHash: i.toString(16).padStart(64, '0'), expiresAt: link.expiresAt },
      };
    });
    const byNumber = (i: number) => ({ ...signIn, linkHash: i.toString(16).padStart(64, '0') });
    given(userDecider, [registered, ...links])
      .when(byNumber(0))
      .thenRejected('link-unknown');
    const state = replay(userDecider, userDecider.initialState(), [registered, ...links]);
    expect(state.links.size).toBe(maxOpenLinks);
    for (const i of [1, maxOpenLinks]) {
      expect(userDecider.decide(byNumber(i), state, aDecisionContext())).toMatchObject({ ok: true });
    }
  });
});

describe('a session', () => {
  const history: readonly UserEvent[] = [
    registered,
    { type: 'SignInLinkIssued', data: link },
    { type: 'SessionStarted', data: session },
  ];
  const end = { type: 'EndSession', sessionHash: session.sessionHash } as const;
  const ended: UserEvent = { type: 'SessionEnded', data: { sessionHash: session.sessionHash } };

  test('is ended once', () => {
    given(userDecider, history).when(end).then([ended]);
    given(userDecider, [...history, ended])
      .when(end)
      .thenNothing();
    given(userDecider, [registered]).when(end).thenNothing();
  });

  test('counts from its start to its end', () => {
    const start = userDecider.initialState();
    expect([...replay(userDecider, start, history).sessions]).toEqual([session.sessionHash]);
    expect(replay(userDecider, start, [...history, ended]).sessions.size).toBe(0);
  });
});

describe('notifications', () => {
  test('are read once and deleted once', () => {
    const read: UserEvent = { type: 'NotificationRead', data: { notificationId } };
    const gone: UserEvent = { type: 'NotificationDeleted', data: { notificationId } };
    given(userDecider, [registered]).when({ type: 'ReadNotification', notificationId }).then([read]);
    given(userDecider, [registered, read]).when({ type: 'ReadNotification', notificationId }).thenNothing();
    given(userDecider, [registered]).when({ type: 'DeleteNotification', notificationId }).then([gone]);
    given(userDecider, [registered, gone]).when({ type: 'DeleteNotification', notificationId }).thenNothing();
  });

  test('are all read up to the moment of asking', () => {
    given(userDecider, [registered])
      .when({ type: 'ReadAllNotifications' })
      .then([{ type: 'AllNotificationsRead', data: { before: aMoment } }]);
  });
});

test('every refused upload is recorded, however often it is tried', () => {
  const refused: UserEvent = { type: 'UploadRefused', data: refusal };
  given(userDecider, [registered, refused])
    .when({ type: 'RefuseUpload', ...refusal })
    .then([refused]);
});

test('a history that no user can have is drift', () => {
  const nobody = userDecider.initialState();
  const somebody = replay(userDecider, nobody, [registered]);
  expect(userDecider.evolve(nobody, { type: 'UploadRefused', data: refusal })).toMatchObject({ ok: false });
  expect(userDecider.evolve(somebody, registered)).toMatchObject({ ok: false });
  expect([userDecider.stateValue(nobody), userDecider.stateValue(somebody)]).toEqual(['none', 'active']);
});
