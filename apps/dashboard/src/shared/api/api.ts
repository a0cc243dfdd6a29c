import {
  DeadLetterList,
  EventView,
  JobDetail,
  LogPage,
  NotificationList,
  Problem,
  SystemHealth,
  UserQueue,
  WebsiteView,
} from '@yardmaster/protocol';
import { z } from 'zod';
import { noteStatus } from './unavailable.ts';

export const apiPath = '/api/website-builder';
const requestTimeoutMs = 15_000;

/** Who is signed in. */
export const Viewer = z.object({ id: z.string(), role: z.enum(['user', 'operator', 'admin']) });
export type Viewer = z.infer<typeof Viewer>;

/** What a person is told when something did not work: what happened, and where it is known what to do about it. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/** A request that was answered with a problem, or not at all (`code` is `unreachable`). */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';
  readonly trouble: Trouble;

  constructor(trouble: Trouble, options: { readonly cause?: unknown } = {}) {
    super(trouble.message, options);
    this.trouble = trouble;
  }
}

export const notSignedIn = 'not-signed-in';

export const unreachable: Trouble = {
  code: 'unreachable',
  message: 'The server cannot be reached.',
  hint: 'Check that Yardmaster still runs, then try again.',
};

const linkNotTaken: Trouble = {
  code: 'link-not-taken',
  message: 'This link does not sign you in.',
  hint: 'A link works once, for a quarter of an hour. Make a new one with the command above.',
};

const notUnderstood: Trouble = {
  code: 'not-understood',
  message: 'The server gave an answer that this page does not understand.',
  hint: 'Reload the page: Yardmaster was probably updated.',
};

export function troubleOf(error: unknown): Trouble {
  if (error instanceof RequestFailed) return error.trouble;
  return { ...notUnderstood, hint: error instanceof Error ? error.message : notUnderstood.hint };
}

/** The trouble in an answer that is no success; from a proxy it may be no problem of ours. */
export function troubleIn(status: number, body: string): Trouble {
  const parsed = Problem.safeParse(jsonOrNull(body));
  if (!parsed.success) {
    return { code: `http-${status}`, message: `The server answered with status ${status}.`, hint: null };
  }
  const { code, detail, hint, errors = [] } = parsed.data;
  const fields = errors.map(({ path, message }) => `${path}: ${message}`).join(' ');
  return { code, message: detail, hint: hint ?? (fields === '' ? null : fields) };
}

const Success = z.object({ success: z.literal(true) });
const RetryAnswer = Success.extend({ jobId: z.string(), queuePosition: z.int().nullable() });
const EventList = z.object({ events: z.array(EventView) });
const WebsiteList = z.object({ websites: z.array(WebsiteView) });

export interface LogQuery {
  /** The line after which to begin; 0 for the first page. */
  readonly after: number;
  readonly limit?: number;
  readonly search?: string;
}

const queryText = (query: Readonly<Record<string, string | number>>): string =>
  new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString();

/** The routes that the dashboard uses. Each throws {@link RequestFailed}. */
export const api = {
  viewer: (signal: AbortSignal) => send('GET', '/auth/me', Viewer, { signal }),
  /** How all of Yardmaster is. */
  health: (signal: AbortSignal) => send('GET', '/health', SystemHealth, { signal }),
  signIn,
  signOut: () => send('POST', '/auth/sign-out', Success),
  /** `query` as in the address of the route, without the question mark. */
  queue: (signal: AbortSignal, query = '') => send('GET', `/user/queue?${query}`, UserQueue, { signal }),
  websites: (signal: AbortSignal) => send('GET', '/websites', WebsiteList, { signal }),
  job: (id: string, signal: AbortSignal) => send('GET', jobPath(id), JobDetail, { signal }),
  events: async (id: string, signal: AbortSignal) =>
    (await send('GET', `${jobPath(id)}/events`, EventList, { signal })).events,
  logLines: (id: string, query: LogQuery, signal: AbortSignal) =>
    send('GET', `${jobPath(id)}/logs?${queryText({ ...query })}`, LogPage, { signal }),
  cancel: (id: string) => send('DELETE', jobPath(id), Success),
  /** Under one key one build is started, however often it is asked for. */
  retry: (id: string, idempotencyKey: string) =>
    send('POST', `${jobPath(id)}/retry`, RetryAnswer, { headers: { 'Idempotency-Key': idempotencyKey } }),
  changePriority: (id: string, priority: number) =>
    send('PATCH', `${jobPath(id)}/priority`, Success, { body: { priority } }),
  /** For operators and administrators. */
  deadLetters: (signal: AbortSignal) => send('GET', '/admin/dead-letters', DeadLetterList, { signal }),
  releaseDeadLetter: (id: string, idempotencyKey: string) =>
    send('POST', `/admin/dead-letters/${encodeURIComponent(id)}/release`, RetryAnswer, {
      headers: { 'Idempotency-Key': idempotencyKey },
    }),
  notifications: (signal: AbortSignal) => send('GET', '/user/notifications', NotificationList, { signal }),
  readNotification: (id: string) => send('PATCH', `${notificationPath(id)}/read`, Success),
  readAllNotifications: () => send('PATCH', '/user/notifications/read-all', Success),
  deleteNotification: (id: string) => send('DELETE', notificationPath(id), Success),
} as const;

const jobPath = (id: string) => `/jobs/${encodeURIComponent(id)}`;
const notificationPath = (id: string) => `/user/notifications/${encodeURIComponent(id)}`;

/** Where a browser gets a build's whole log as a text file. */
export const rawLogPath = (id: string) => `${apiPath}${jobPath(id)}/logs?format=text`;

/** Parses an answer; one that does not fit is a trouble like any other. */
export function parseAnswer<Schema extends z.ZodType>(schema: Schema, body: string): z.output<Schema> {
  const parsed = schema.safeParse(jsonOrNull(body));
  if (!parsed.success) throw new RequestFailed(notUnderstood, { cause: parsed.error });
  return parsed.data;
}

interface Extra {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

async function send<Schema extends z.ZodType>(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  schema: Schema,
  { signal, headers, body: content }: Extra = {},
): Promise<z.output<Schema>> {
  const timeout = AbortSignal.timeout(requestTimeoutMs);
  const options: RequestInit = {
    method,
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    headers: { ...headers, ...(content === undefined ? {} : { 'Content-Type': 'application/json' }) },
    body: content === undefined ? null : JSON.stringify(content),
  };
  let status: number;
  let body: string;
  try {
    const response = await fetch(apiPath + path, options);
    status = response.status;
    body = await response.text();
  } catch (error) {
    throw new RequestFailed(unreachable, { cause: error });
  }
  noteStatus(status);
  if (status < 200 || status > 299) throw new RequestFailed(troubleIn(status, body));
  return parseAnswer(schema, body);
}

/** Spends the code of a sign-in link. The answer is a page for people: of it only the status counts. */
async function signIn(code: string): Promise<void> {
  const signal = AbortSignal.timeout(requestTimeoutMs);
  const path = `/sign-in?code=${encodeURIComponent(code)}`;
  const response = await fetch(path, { redirect: 'manual', signal }).catch((error: unknown) => {
    throw new RequestFailed(unreachable, { cause: error });
  });
  if (response.type === 'opaqueredirect') return;
  throw new RequestFailed(response.status >= 500 ? troubleIn(response.status, '') : linkNotTaken);
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
