import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly etag: string | undefined;
  readonly body: string;
}

/**
 * Gets a page the way a browser does: whatever the host name, from this machine, without relying on its name resolution.
 * Not by `fetch`, which sets neither `Host` nor, without asking that caches be passed over, `If-None-Match`.
 */
export function getPage(origin: string, path = '/', headers: Readonly<Record<string, string>> = {}): Promise<Page> {
  const { host, port } = new URL(origin);
  const options = { host: '127.0.0.1', port, path, headers: { host, ...headers }, agent: false };
  return new Promise((resolve, reject) => {
    request(options, (response) => {
      buffer(response).then((body) => {
        const contentType = response.headers['content-type'] ?? '';
        const { etag } = response.headers;
        resolve({ status: response.statusCode ?? 0, contentType, etag, body: body.toString('utf8') });
      }, reject);
    })
      .once('error', reject)
      .end();
  });
}

/** What a page loads from its own origin. */
export function assetsOf(html: string): readonly string[] {
  return [...html.matchAll(/\b(?:src|href)="(\/[^"]*)"/g)].map(([, path = '']) => path);
}

/** The type that a browser insists on for a file of this name. */
export function expectedType(path: string): RegExp {
  const extension = /\.(\w+)$/.exec(path)?.[1] ?? '';
  const types: Readonly<Record<string, RegExp>> = {
    js: /^(text|application)\/javascript/,
    css: /^text\/css/,
    svg: /^image\/svg\+xml/,
    png: /^image\/png/,
    ico: /^image\//,
  };
  return types[extension] ?? /^no type is known for this file$/;
}
