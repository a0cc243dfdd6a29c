import { JobDetail, Problem, UserQueue } from '@yardmaster/protocol';
import { z } from 'zod';

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

/** The routes that this page uses. Each throws {@link RequestFailed}. */
export const api = {
  viewer: (signal: AbortSignal) => send('GET', '/auth/me', Viewer, signal),
  signOut: () => send('POST', '/auth/sign-out', Success),
  queue: (signal: AbortSignal) => send('GET', '/user/queue', UserQueue, signal),
  job: (id: string, signal: AbortSignal) => send('GET', `/jobs/${encodeURIComponent(id)}`, JobDetail, signal),
  cancel: (id: string) => send('DELETE', `/jobs/${encodeURIComponent(id)}`, Success),
  retry: (id: string) => send('POST', `/jobs/${encodeURIComponent(id)}/retry`, Success),
} as const;

/** Parses an answer; one that does not fit is a trouble like any other. */
export function parseAnswer<Schema extends z.ZodType>(schema: Schema, body: string): z.output<Schema> {
  const parsed = schema.safeParse(jsonOrNull(body));
  if (!parsed.success) throw new RequestFailed(notUnderstood, { cause: parsed.error });
  return parsed.data;
}

async function send<Schema extends z.ZodType>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  schema: Schema,
  signal?: AbortSignal,
): Promise<z.output<Schema>> {
  const timeout = AbortSignal.timeout(requestTimeoutMs);
  const options = { method, signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) };
  let status: number;
  let body: string;
  try {
    const response = await fetch(apiPath + path, options);
    status = response.status;
    body = await response.text();
  } catch (error) {
    throw new RequestFailed(unreachable, { cause: error });
  }
  if (status < 200 || status > 299) throw new RequestFailed(troubleIn(status, body));
  return parseAnswer(schema, body);
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
