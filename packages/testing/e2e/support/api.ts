import {
  BuildStatus,
  EventView,
  JobDetail,
  type LogLineView,
  LogPage,
  NotificationList,
  Problem,
  ReplayAnswer,
  UploadAnswer,
  UserQueue,
} from '@yardmaster/protocol';
import type { Project } from './projects.ts';

/** Where all of the HTTP interface is. */
export const apiPath = '/api/website-builder';

/** One file of an upload: `path` is sent beside it when it is part of a folder. */
export interface UploadFile {
  readonly name: string;
  readonly content: Buffer;
  readonly path?: string;
}

/** What a zod schema is to whoever only parses with it. */
interface Parser<Answer> {
  parse(input: unknown): Answer;
}

const History: Parser<{ readonly events: readonly EventView[] }> = {
  parse: (input) => ({ events: EventView.array().parse((input as { events: unknown }).events) }), // checked by the array
};
const RetryAnswer = JobDetail.pick({ jobId: true, queuePosition: true });

export type Api = ReturnType<typeof createApi>;

/** The HTTP interface as a script uses it; every answer is parsed by its schema. */
export function createApi({ url, token }: { readonly url: string; readonly token: string }) {
  const authorization = { authorization: `Bearer ${token}` };

  async function send(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...authorization, ...(init.headers as Record<string, string> | undefined) }; // always given so
    return fetch(`${url}${apiPath}${path}`, { ...init, method, headers });
  }

  async function get<Answer>(schema: Parser<Answer>, path: string): Promise<Answer> {
    return answerOf(schema, await send('GET', path));
  }

  function postUpload(
    files: readonly UploadFile[],
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    for (const { path } of files) if (path !== undefined) form.append('paths', path);
    for (const { name, content } of files) form.append('files', new Blob([new Uint8Array(content)]), name);
    return send('POST', '/upload', { body: form, headers });
  }

  return {
    send,
    get,
    job: (id: string) => get(JobDetail, `/jobs/${id}`),
    queue: () => get(UserQueue, '/user/queue?pageSize=100'),
    buildStatus: (websiteId: string) => get(BuildStatus, `/${websiteId}/build-status`),
    notifications: async () => (await get(NotificationList, '/user/notifications')).notifications,
    history: async (id: string) => (await get(History, `/jobs/${id}/events`)).events,
    replay: (id: string, revision: number) => get(ReplayAnswer, `/jobs/${id}/replay?revision=${revision}`),
    /** Every line, page by page. */
    async logLines(id: string, limit = 1_000): Promise<readonly LogLineView[]> {
      const lines: LogLineView[] = [];
      for (;;) {
        const page = await get(LogPage, `/jobs/${id}/logs?after=${lines.at(-1)?.n ?? 0}&limit=${limit}`);
        lines.push(...page.lines);
        if (page.next === null) return lines;
      }
    },
    postUpload,
    /** Uploads one archive. */
    async uploadArchive(name: string, archive: Buffer): Promise<UploadAnswer> {
      return answerOf(UploadAnswer, await postUpload([{ name: `${name}.zip`, content: archive }], { name }));
    },
    /** Uploads a folder the way a browser does: many files, each with its path. */
    async uploadFolder(name: string, project: Project): Promise<UploadAnswer> {
      const files = [...project].map(([path, content]) => ({
        name: path.split('/').at(-1) ?? path,
        content: Buffer.from(content),
        path: `${name}/${path}`,
      }));
      return answerOf(UploadAnswer, await postUpload(files, { name }));
    },
    cancel: async (id: string) => expectStatus(202, await send('DELETE', `/jobs/${id}`)),
    async retry(id: string): Promise<{ readonly jobId: string; readonly queuePosition: number | null }> {
      const answer = await send('POST', `/jobs/${id}/retry`);
      return answerOf(RetryAnswer, answer);
    },
  };
}

/** An answer that is no success. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
  readonly status: number;

  constructor(response: Response, text: string) {
    super(`${response.url} answered ${response.status}: ${text}`);
    this.status = response.status;
  }
}

export async function problemOf(response: Response): Promise<Problem> {
  return Problem.parse(await response.json());
}

async function answerOf<Answer>(schema: Parser<Answer>, response: Response): Promise<Answer> {
  await expectStatus(null, response);
  return schema.parse(await response.json());
}

async function expectStatus(status: number | null, response: Response): Promise<void> {
  if (status === null ? response.ok : response.status === status) return;
  throw new UnexpectedAnswer(response, await response.text());
}
