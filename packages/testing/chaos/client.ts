import { apiPath } from '../e2e/support/api.ts';
import type { Gateway, Installation } from './installation.ts';

/** What a gateway has answered; `position` is that of what it has recorded. */
export interface Answer {
  readonly gateway: Gateway;
  readonly status: number;
  readonly text: string;
}

/** A body that can be sent any number of times. */
export interface Body {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}

export interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: Body;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Sends to one gateway; rejects when that gives no answer. */
export async function sendTo(
  gateway: Gateway,
  { token }: Pick<Installation, 'token'>,
  { method, path, body, headers, signal }: Request,
): Promise<Answer> {
  const response = await fetch(`${gateway.url}${apiPath}${path}`, {
    method,
    signal,
    headers: {
      authorization: `Bearer ${token()}`,
      ...(body === undefined ? {} : { 'content-type': body.contentType }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: body.bytes }),
  });
  return { gateway, status: response.status, text: await response.text() };
}

/** The form of an upload of one archive. */
export async function uploadBody({
  fields,
  fileName,
  archive,
}: {
  readonly fields: Readonly<Record<string, string>>;
  readonly fileName: string;
  readonly archive: Uint8Array;
}): Promise<Body> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('files', new Blob([new Uint8Array(archive)]), fileName);
  const encoded = new Response(form);
  const contentType = encoded.headers.get('content-type') ?? '';
  return { bytes: new Uint8Array(await encoded.arrayBuffer()), contentType };
}
