import { STATUS_CODES } from 'node:http';
import { EventStoreUnavailable, type Log, MailboxFull, StreamDrift } from '@yardmaster/application';
import type { Rejection } from '@yardmaster/domain';
import type { Problem } from '@yardmaster/protocol';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { z } from 'zod';

/** The answer to a request that cannot be served, thrown anywhere below a route. Nothing of it is secret. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;
  readonly code: string;
  readonly hint: string | undefined;
  readonly errors: Problem['errors'];
  readonly headers: Readonly<Record<string, string>>;
  /** Further members of the problem, such as the status that a build has now. */
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    detail: string,
    options: {
      readonly hint?: string | undefined;
      readonly errors?: Problem['errors'];
      readonly headers?: Readonly<Record<string, string>>;
      readonly extra?: Readonly<Record<string, unknown>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: options.cause });
    this.status = status;
    this.code = code;
    this.hint = options.hint;
    this.errors = options.errors;
    this.headers = options.headers ?? {};
    this.extra = options.extra ?? {};
  }
}

export const diskFull = (cause?: unknown): HttpProblem =>
  new HttpProblem(507, 'disk-full', 'The server has no room left on its disk. Nothing of the request was kept.', {
    hint: 'What was accepted before is safe. Try again once somebody has made room.',
    headers: { 'Retry-After': '60' },
    cause,
  });

/** The one table from rejection codes to HTTP. A rejection that is not here is a refusal by the machine: 409. */
const statusOfRejection: Readonly<Record<string, number>> = {
  'address-taken': 422,
  'archive-corrupt': 422,
  'archive-empty': 422,
  'archive-encrypted': 422,
  'archive-too-large': 413,
  'archive-truncated': 422,
  'archive-unrecognised': 415,
  'build-ended': 409,
  'build-not-ended': 409,
  'compression-ratio': 422,
  'compression-unsupported': 415,
  'duplicate-path': 422,
  'file-too-large': 413,
  'illegal-transition': 409,
  'job-not-found': 404,
  'link-expired': 410,
  'link-unknown': 404,
  'nothing-to-build': 422,
  'path-absolute': 422,
  'path-invalid': 422,
  'path-too-long': 422,
  'path-traversal': 422,
  'special-file': 422,
  'stale-attempt': 409,
  'symlink-refused': 422,
  'too-many-builds': 422,
  'too-many-files': 413,
  'unpacked-too-large': 413,
  'user-not-found': 404,
  'website-not-found': 404,
};

export function rejectionProblem(
  rejection: Rejection & { readonly hint?: string },
  extra: Readonly<Record<string, unknown>> = {},
): HttpProblem {
  const { code, message, hint } = rejection;
  return new HttpProblem(statusOfRejection[code] ?? 409, code, message, { hint, extra });
}

/** Also for what exists but belongs to somebody else: whether it exists is not told. */
export const notFound = (what: string): HttpProblem => new HttpProblem(404, 'not-found', `There is no such ${what}.`);

/** Parses input from outside; what does not fit becomes a 422 that names every field. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new HttpProblem(422, 'invalid-request', 'Some of the fields do not fit.', { errors });
}

/** An id from a URL: one that cannot exist is as unknown as one that does not. */
export function parseId<Schema extends z.ZodType>(schema: Schema, id: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(id);
  if (!parsed.success) throw notFound(what);
  return parsed.data;
}

export function problemBody(problem: HttpProblem): Problem & Readonly<Record<string, unknown>> {
  const { status, code, message, hint, errors, extra } = problem;
  return {
    type: `urn:yardmaster:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    detail: message,
    ...(hint === undefined ? {} : { hint }),
    ...(errors === undefined ? {} : { errors }),
    ...extra,
  };
}

export function sendProblem(res: Response, problem: HttpProblem): void {
  res.status(problem.status).set(problem.headers).set('Cache-Control', 'no-store').type('application/problem+json');
  res.send(JSON.stringify(problemBody(problem)));
}

export const unknownRoute: RequestHandler = (req) => {
  throw new HttpProblem(404, 'not-found', `There is nothing at ${req.method} ${req.path}.`);
};

/** Turns whatever a route threw into problem details. Only the log ever sees a stack. */
export function problemHandler(log: Log): ErrorRequestHandler {
  return (error: unknown, req, res, _next) => {
    const problem = asProblem(error);
    const { method, path } = req;
    const { requestId } = res.locals;
    if (req.socket.destroyed && isBrokenOff(error)) {
      log.info({ requestId, method, path }, 'request broken off by its client');
    } else if (problem.status === 507) {
      log.warn({ requestId, method, path }, 'request refused: the disk is full');
    } else if (problem.status >= 500) {
      log.error({ error, requestId, method, path }, 'request failed');
    }
    if (res.headersSent) {
      res.destroy();
      return;
    }
    sendProblem(res, problem);
  };
}

/** The last one is of an answer whose client was gone before it began. */
const brokenOffCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_UNABLE_TO_PIPE',
]);

/** Whether it is what reading from or writing to a connection that is gone, or stopping because it is, throws. */
function isBrokenOff(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'AbortError' || brokenOffCodes.has(String((error as { code?: unknown }).code));
}

/** Failures of the body parser, by the `type` it gives them. */
const bodyProblems: Readonly<Record<string, readonly [number, string, string]>> = {
  'entity.parse.failed': [400, 'malformed-json', 'The body is no valid JSON.'],
  'entity.too.large': [413, 'body-too-large', 'The body is too large.'],
  'encoding.unsupported': [415, 'encoding-unsupported', 'The content encoding is not supported.'],
  'charset.unsupported': [415, 'charset-unsupported', 'The character set is not supported.'],
  'request.aborted': [400, 'request-aborted', 'The request ended before its body was complete.'],
};

export function asProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof EventStoreUnavailable || error instanceof MailboxFull) {
    const [detail, hint] =
      error instanceof EventStoreUnavailable
        ? ['The event store cannot be reached at the moment.', 'What is under way goes on. Try again in a while.']
        : ['The server has too much to do at the moment.', 'Try again in a while.'];
    return new HttpProblem(503, error.code, detail, { hint, headers: { 'Retry-After': '1' }, cause: error });
  }
  if (error instanceof StreamDrift) return new HttpProblem(409, error.code, error.message, { cause: error });
  const { type, code, status } = error as { type?: unknown; code?: unknown; status?: unknown };
  const known = typeof type === 'string' ? bodyProblems[type] : undefined;
  if (known !== undefined) return new HttpProblem(...known, { cause: error });
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(error);
  if (status === 400) return new HttpProblem(400, 'malformed-request', 'The request is malformed.', { cause: error });
  return new HttpProblem(500, 'internal', 'Something went wrong on the server. It has been logged.', { cause: error });
}
