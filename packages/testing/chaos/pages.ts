import { setTimeout as delay } from 'node:timers/promises';
import { JobDetail } from '@yardmaster/protocol';
import { getPage } from '../e2e/support/pages.ts';
import { sendTo } from './client.ts';
import type { Gateway, Installation } from './installation.ts';
import { reasonOf } from './probes.ts';
import type { Asked } from './uploads.ts';
import { unless, type Verdict } from './verdicts.ts';

const PATIENCE_MS = 30_000;
const POLL_MS = 250;

/** Every server shows the same end of every build, and serves the page of each that completed: its own and no other. */
export async function judgePages(installation: Installation, asked: readonly Asked[]): Promise<Verdict> {
  const acknowledged = asked.flatMap((upload) => (upload.jobId === null ? [] : [{ ...upload, jobId: upload.jobId }]));
  const wrong: string[] = [];
  let pages = 0;
  for (const upload of acknowledged) {
    const looks = await Promise.all(installation.gateways().map((gateway) => patiently(gateway, upload)));
    const shown = looks.map(({ status, attempt }) => `${status} after ${attempt}`);
    if (new Set(shown).size > 1) wrong.push(`${upload.number} ${upload.jobId}: ${shown.join(' here, there ')}`);
    for (const { problem, status } of looks) {
      if (status === 'completed') pages += 1;
      if (problem !== null) wrong.push(`${upload.number} (${upload.kind}) ${upload.jobId}: ${problem}`);
    }
  }
  return unless(
    'every server shows every build, and the page of each completed one',
    wrong,
    `${pages} pages looked at`,
  );

  /** A preview starts a moment after its build has ended. */
  async function patiently(gateway: Gateway, upload: Asked & { readonly jobId: string }): Promise<Look> {
    const deadlineMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = await look(gateway, upload).catch(
        (error: unknown): Look => ({ status: 'unknown', attempt: 0, problem: `${gateway.id}: ${reasonOf(error)}` }),
      );
      if (found.problem === null || performance.now() > deadlineMs) return found;
      await delay(POLL_MS);
    }
  }

  interface Look {
    readonly status: string;
    readonly attempt: number;
    readonly problem: string | null;
  }

  async function look(gateway: Gateway, { jobId, mark }: Asked & { readonly jobId: string }): Promise<Look> {
    const path = `/jobs/${jobId}`;
    const answer = await sendTo(gateway, installation, {
      method: 'GET',
      path,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text.slice(0, 200)}`);
    const { status, attempt, previewUrl } = JobDetail.parse(JSON.parse(answer.text));
    if (status !== 'completed') return { status, attempt, problem: null };
    if (previewUrl === null) return { status, attempt, problem: `${gateway.id} shows no preview` };
    const origin = new URL(previewUrl);
    origin.port = new URL(gateway.url).port;
    const page = await getPage(origin.origin);
    const isOwn = page.status === 200 && new RegExp(`${mark}\\b`).test(page.body);
    return { status, attempt, problem: isOwn ? null : `${gateway.id}: ${page.status} ${page.body.slice(0, 120)}` };
  }
}
