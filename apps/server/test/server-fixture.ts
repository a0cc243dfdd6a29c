import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSecret, issueApiToken, type Log, registerUser, signInByLink, silentLog } from '@yardmaster/application';
import { type JobId, type Role, UserId } from '@yardmaster/domain';
import type { UploadAnswer } from '@yardmaster/protocol';
import { readSettings } from '@yardmaster/protocol/settings';
import { onTestFinished } from 'vitest';
import { writeZip, type ZipEntry } from '../../../packages/build-runner/test/fixtures/zip-writer.ts';
import { sessionCookieName } from '../src/auth/authenticate.ts';
import { apiPath } from '../src/http/app.ts';
import { type Server, startServer } from '../src/server.ts';

export interface Person {
  readonly id: UserId;
  readonly token: string;
}

export interface Asking extends Omit<RequestInit, 'headers'> {
  readonly as?: Person | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

export interface TestServer extends Server {
  readonly dataDir: string;
  readonly url: string;
  readonly admin: Person;
  /** Asks the API (a path below it, or one that begins with `http`), as the admin unless told otherwise. */
  ask(path: string, asking?: Asking): Promise<Response>;
  /** The answer's JSON, for a request that has to succeed. */
  get<Answer>(path: string, asking?: Asking): Promise<Answer>;
  upload(options?: UploadOptions): Promise<{ readonly response: Response; readonly answer: UploadAnswer }>;
  register(id: string, role: Role): Promise<Person>;
  /** A session cookie for a person, as a browser sends it. */
  signIn(person: Person): Promise<string>;
  /** What lies in the artifact store and in its staging area. */
  stored(): Promise<{ readonly artifacts: readonly string[]; readonly staging: readonly string[] }>;
}

export interface UploadOptions extends Asking {
  readonly name?: string;
  readonly zip?: Buffer;
  readonly fields?: Readonly<Record<string, string>>;
}

/** A real server on a free port and a data directory of its own, without NATS; stopped when the test is finished. */
export async function startTestServer({
  env = {},
  dashboardDir = '/nonexistent',
  dataDir,
  log = silentLog,
  onWaiting = () => {},
  onEnd = onTestFinished,
}: {
  readonly env?: Readonly<Record<string, string>>;
  readonly dashboardDir?: string;
  /** Of an earlier server, to go on from it. */
  readonly dataDir?: string;
  readonly log?: Log;
  readonly onWaiting?: () => void;
  /** Where to register what ends it, for a server that several tests share. */
  readonly onEnd?: (end: () => Promise<void>) => void;
} = {}): Promise<TestServer> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'yardmaster-server-')));
  if (dataDir === undefined) onEnd(() => rm(folder, { recursive: true, force: true }));
  const read = readSettings({ YARDMASTER_PORT: '0', YARDMASTER_DATA_DIR: folder, ...env });
  if (!read.ok) throw new Error(read.problems.join('\n'));
  const server = await startServer({ settings: read.settings, dashboardDir, log, onFatal: throwIt, onWaiting });
  onEnd(() => server.stop());
  const { actors, readModels, clock } = server.parts;
  const url = `http://127.0.0.1:${server.port}`;
  const admin: Person = {
    id: UserId.parse('admin'),
    token: (await readFile(join(folder, 'admin-token'), 'utf8')).trim(),
  };

  const ask: TestServer['ask'] = (path, { as = admin, headers = {}, json, ...init } = {}) => {
    const target = path.startsWith('http') ? path : `${url}${apiPath}${path}`;
    return fetch(target, {
      redirect: 'manual',
      ...init,
      headers: {
        ...(as === null ? {} : { Authorization: `Bearer ${as.token}` }),
        ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
  };

  return {
    ...server,
    dataDir: folder,
    url,
    admin,
    ask,
    async get<Answer>(path: string, asking?: Asking) {
      const response = await ask(path, asking);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as Answer; // the schema of the route is the test's to check
    },
    async upload({ name = 'Garden club', zip = aWebsiteZip(), fields = {}, ...asking } = {}) {
      const form = new FormData();
      form.set('name', name);
      for (const [field, value] of Object.entries(fields)) form.set(field, value);
      form.append('files', new Blob([new Uint8Array(zip)]), 'website.zip');
      const response = await ask('/upload', { ...asking, method: 'POST', body: form });
      return { response, answer: (await response.json()) as UploadAnswer };
    },
    async register(id, role) {
      const userId = UserId.parse(id);
      await registerUser(actors, { id: userId, role });
      const issued = await issueApiToken(actors, { userId, label: 'test' });
      if (!issued.ok || issued.position === null) throw new Error('no token');
      await readModels.waitFor(issued.position, { timeoutMs: 5_000 });
      return { id: userId, token: issued.token };
    },
    async signIn(person) {
      const link = await ask('/auth/link', { as: person, method: 'POST' });
      const { url: signInUrl } = (await link.json()) as { url: string };
      const code = new URL(signInUrl).searchParams.get('code') ?? '';
      const signedIn = await signInByLink({ actors, clock }, code);
      if (!signedIn.ok || signedIn.position === null) throw new Error('not signed in');
      await readModels.waitFor(signedIn.position, { timeoutMs: 5_000 });
      return `${sessionCookieName(server.parts.addresses)}=${signedIn.session}`;
    },
    async stored() {
      const [artifacts, staging] = await Promise.all(
        ['artifacts', 'staging'].map((part) => readdir(join(folder, part))),
      );
      return { artifacts: artifacts ?? [], staging: staging ?? [] };
    },
  };
}

/** The smallest website that is built: one page. */
export const aWebsiteZip = (...more: readonly ZipEntry[]): Buffer =>
  writeZip([{ name: 'index.html', data: '<h1>hello</h1>' }, ...more]);

export const idOf = ({ website }: UploadAnswer): JobId => website.buildJobId as JobId; // made by the server

export { hashSecret };

/** Nothing in these tests ends the store's thread: when it ends all the same, the test run is to fail. */
function throwIt(error: Error): never {
  throw error;
}
