import { randomUUID } from 'node:crypto';
import { createWriteStream, openAsBlob } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { packFolder } from '@yardmaster/build-runner';
import { UploadAnswer, WebsiteView } from '@yardmaster/protocol';
import { z } from 'zod';
import { type ApiClient, connect, serverOptions, serverOptionsUsage } from '../client/api-client.ts';
import { watchBuild } from '../client/watch-build.ts';
import { type Command, CommandError, Interrupted, UsageError } from '../command.ts';

/** What every machine makes again by itself, or what is nobody's business. */
const ignoredFolders: ReadonlySet<string> = new Set(['node_modules', '.git', '.yardmaster']);

export const command: Command = {
  summary: 'Upload a project, watch it build, print its preview address.',
  usage: `deploy <folder or archive> [options]

  --name <name>    name of the website; by default the folder's. A name that exists gets its next build
  --priority <n>   0 to 9, higher starts first (5)
  --wait           wait for the end: exit code 0 completed, 1 failed (default, except with --json)
  --no-wait        print job id and queue position, and return
  --json           print the answer (with --wait: the ended build) as one line of JSON
${serverOptionsUsage}`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: {
        name: { type: 'string' },
        priority: { type: 'string' },
        wait: { type: 'boolean' },
        json: { type: 'boolean', default: false },
        ...serverOptions,
      },
    });
    const [target, ...rest] = positionals;
    if (target === undefined || rest.length > 0) throw new UsageError('Name one folder or archive.');
    const path = resolve(io.cwd, target);
    const info = await stat(path).catch(() => null);
    if (info === null) throw new CommandError(`There is no ${path}.`);
    const client = await connect(values, io);
    const name = values.name ?? basename(path).replace(info.isDirectory() ? '' : /\.(zip|tar\.gz|tgz)$/i, '');
    const send = (file: string) => upload(client, { file, name, priority: values.priority });
    const answer = info.isDirectory() ? await withArchive(path, io.signal, send) : await send(path);
    if (!values.json) {
      io.err(`Job ${answer.website.buildJobId}, position ${answer.queuePosition} in the queue.\n`);
    }
    if (values.wait ?? !values.json)
      return await watchBuild(client, answer.website.buildJobId, { io, json: values.json });
    io.out(values.json ? `${JSON.stringify(answer)}\n` : `${answer.website.buildJobId}\n`);
    return 0;
  },
};

/** Packs a folder into an archive for as long as it takes. */
async function withArchive<Result>(
  path: string,
  signal: AbortSignal,
  use: (file: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'yardmaster-deploy-'));
  try {
    const file = join(folder, `${basename(path)}.tar.gz`);
    try {
      await pipeline(await packFolder(path, { ignore: ignoredFolders }), createWriteStream(file), { signal });
    } catch (error) {
      if (signal.aborted) throw new Interrupted();
      throw new CommandError(`${path} cannot be packed: ${error instanceof Error ? error.message : String(error)}`);
    }
    return await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function upload(
  client: ApiClient,
  { file, name, priority }: { readonly file: string; readonly name: string; readonly priority: string | undefined },
): Promise<UploadAnswer> {
  const form = new FormData();
  const known = await websiteNamed(client, name);
  form.set('name', name);
  if (known !== undefined) form.set('websiteId', known);
  if (priority !== undefined) form.set('priority', priority);
  form.append('files', await openAsBlob(file), basename(file));
  return await client.request(UploadAnswer, 'POST', '/upload', {
    body: form,
    idempotencyKey: randomUUID(),
  });
}

const WebsiteList = z.object({ websites: z.array(WebsiteView) });

async function websiteNamed(client: ApiClient, name: string): Promise<string | undefined> {
  const { websites } = await client.request(WebsiteList, 'GET', '/websites');
  return websites.find((website) => website.name === name)?.id;
}
