import { z } from 'zod';
import { accept, type Decider, type Evolution, reject } from '../decider.ts';
import { versionedEvents } from '../event-versions.ts';
import { NotificationId, Timestamp } from '../ids.ts';

export const Role = z.enum(['user', 'operator', 'admin']);
export type Role = z.infer<typeof Role>;

/** SHA-256 of a secret, hex. Secrets themselves never reach an event. */
const SecretHash = z.string().regex(/^[0-9a-f]{64}$/);
const event = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ type: z.literal(type), data: z.object(shape) });

/** Facts about one account. Personal data is not among them: it lives in `vault-<id>`. */
export const UserEvent = z.discriminatedUnion('type', [
  event('UserRegistered', { role: Role }),
  event('ApiTokenIssued', { tokenId: z.string().max(64), tokenHash: SecretHash, label: z.string().max(100) }),
  event('ApiTokenRevoked', { tokenId: z.string().max(64) }),
  event('SignInLinkIssued', { linkHash: SecretHash, expiresAt: Timestamp }),
  event('SessionStarted', {
    sessionHash: SecretHash,
    via: z.enum(['link']),
    linkHash: SecretHash.nullable(),
    expiresAt: Timestamp,
  }),
  event('SessionEnded', { sessionHash: SecretHash }),
  event('NotificationRead', { notificationId: NotificationId }),
  event('AllNotificationsRead', { before: Timestamp }),
  event('NotificationDeleted', { notificationId: NotificationId }),
  event('UploadRefused', {
    code: z.string().max(64),
    message: z.string().max(1_000),
    fileName: z.string().max(255).nullable(),
    sizeBytes: z.int().nonnegative(),
  }),
]);
export type UserEvent = z.infer<typeof UserEvent>;
type DataOf<Type extends UserEvent['type']> = Extract<UserEvent, { type: Type }>['data'];

export type UserCommand =
  | ({ readonly type: 'RegisterUser' } & DataOf<'UserRegistered'>)
  | ({ readonly type: 'IssueApiToken' } & DataOf<'ApiTokenIssued'>)
  | ({ readonly type: 'RevokeApiToken' } & DataOf<'ApiTokenRevoked'>)
  | ({ readonly type: 'IssueSignInLink' } & DataOf<'SignInLinkIssued'>)
  | {
      readonly type: 'SignInByLink';
      readonly linkHash: string;
      readonly sessionHash: string;
      readonly expiresAt: string;
    }
  | ({ readonly type: 'EndSession' } & DataOf<'SessionEnded'>)
  | ({ readonly type: 'ReadNotification' } & DataOf<'NotificationRead'>)
  | { readonly type: 'ReadAllNotifications' }
  | ({ readonly type: 'DeleteNotification' } & DataOf<'NotificationDeleted'>)
  | ({ readonly type: 'RefuseUpload' } & DataOf<'UploadRefused'>);

export interface UserState {
  readonly status: 'none' | 'active';
  readonly role: Role;
  readonly tokens: ReadonlyMap<string, string>;
  /** Sign-in links that were not used yet: hash to expiry. */
  readonly links: ReadonlyMap<string, string>;
  readonly sessions: ReadonlySet<string>;
  readonly readNotifications: ReadonlySet<string>;
  readonly deletedNotifications: ReadonlySet<string>;
}

/** The most unused sign-in links that are kept; the oldest gives way. */
export const maxOpenLinks = 20;

export const userDecider: Decider<UserState, UserCommand, UserEvent> = {
  category: 'user',
  machineVersion: 1,
  initialState: () => ({
    status: 'none',
    role: 'user',
    tokens: new Map(),
    links: new Map(),
    sessions: new Set(),
    readNotifications: new Set(),
    deletedNotifications: new Set(),
  }),
  decide(command, state, { now }) {
    if (command.type === 'RegisterUser') {
      return state.status === 'active'
        ? accept()
        : accept<UserEvent>({ type: 'UserRegistered', data: { role: command.role } });
    }
    if (state.status === 'none') return reject('user-not-found', 'There is no such user.');
    const { type: _, ...data } = command;
    switch (command.type) {
      case 'IssueApiToken':
        if (state.tokens.has(command.tokenId)) return accept();
        return accept({ type: 'ApiTokenIssued', data } as UserEvent);
      case 'RevokeApiToken':
        return state.tokens.has(command.tokenId) ? accept({ type: 'ApiTokenRevoked', data } as UserEvent) : accept();
      case 'IssueSignInLink':
        return accept({ type: 'SignInLinkIssued', data } as UserEvent);
      case 'SignInByLink': {
        const expiresAt = state.links.get(command.linkHash);
        if (expiresAt === undefined) return reject('link-unknown', 'This sign-in link was used or never existed.');
        if (expiresAt <= now) return reject('link-expired', 'This sign-in link has expired.');
        return accept<UserEvent>({
          type: 'SessionStarted',
          data: {
            sessionHash: command.sessionHash,
            via: 'link',
            linkHash: command.linkHash,
            expiresAt: command.expiresAt,
          },
        });
      }
      case 'EndSession':
        return state.sessions.has(command.sessionHash) ? accept({ type: 'SessionEnded', data } as UserEvent) : accept();
      case 'ReadNotification':
        if (state.readNotifications.has(command.notificationId)) return accept();
        return accept({ type: 'NotificationRead', data } as UserEvent);
      case 'ReadAllNotifications':
        return accept<UserEvent>({ type: 'AllNotificationsRead', data: { before: now } });
      case 'DeleteNotification':
        if (state.deletedNotifications.has(command.notificationId)) return accept();
        return accept({ type: 'NotificationDeleted', data } as UserEvent);
      case 'RefuseUpload':
        return accept({ type: 'UploadRefused', data } as UserEvent);
      default:
        return command satisfies never;
    }
  },
  evolve: (state, event) => {
    if ((state.status === 'none') !== (event.type === 'UserRegistered')) {
      return { ok: false, drift: `${event.type} on a user that is ${state.status}.` };
    }
    return evolveUser(state, event);
  },
  stateValue: (state) => state.status,
  ...versionedEvents(UserEvent, {}),
};

function evolveUser(state: UserState, event: UserEvent): Evolution<UserState> {
  switch (event.type) {
    case 'UserRegistered':
      return { ok: true, state: { ...state, status: 'active', role: event.data.role } };
    case 'ApiTokenIssued':
      return {
        ok: true,
        state: { ...state, tokens: new Map(state.tokens).set(event.data.tokenId, event.data.tokenHash) },
      };
    case 'ApiTokenRevoked': {
      const tokens = new Map(state.tokens);
      tokens.delete(event.data.tokenId);
      return { ok: true, state: { ...state, tokens } };
    }
    case 'SignInLinkIssued': {
      const links = [...state.links, [event.data.linkHash, event.data.expiresAt] as const].slice(-maxOpenLinks);
      return { ok: true, state: { ...state, links: new Map(links) } };
    }
    case 'SessionStarted': {
      const links = new Map(state.links);
      if (event.data.linkHash !== null) links.delete(event.data.linkHash);
      return { ok: true, state: { ...state, links, sessions: new Set(state.sessions).add(event.data.sessionHash) } };
    }
    case 'SessionEnded': {
      const sessions = new Set(state.sessions);
      sessions.delete(event.data.sessionHash);
      return { ok: true, state: { ...state, sessions } };
    }
    case 'NotificationRead': {
      const readNotifications = new Set(state.readNotifications).add(event.data.notificationId);
      return { ok: true, state: { ...state, readNotifications } };
    }
    case 'NotificationDeleted': {
      const deletedNotifications = new Set(state.deletedNotifications).add(event.data.notificationId);
      return { ok: true, state: { ...state, deletedNotifications } };
    }
    case 'AllNotificationsRead':
    case 'UploadRefused':
      return { ok: true, state };
    default:
      return event satisfies never;
  }
}
