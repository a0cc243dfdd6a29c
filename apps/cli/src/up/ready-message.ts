import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const LINK_TIMEOUT_MS = 5_000;

const linkAnswerSchema = z.object({ url: z.url() });

/** Asks the server for a one-time sign-in link; null when it gives none, which is no reason not to run. */
export async function fetchSignInLink(options: {
  readonly serverUrl: string;
  readonly adminTokenFile: string;
}): Promise<string | null> {
  try {
    const token = (await readFile(options.adminTokenFile, 'utf8')).trim();
    const answer = await fetch(`${options.serverUrl}/api/website-builder/auth/link`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(LINK_TIMEOUT_MS),
    });
    return linkAnswerSchema.parse(await answer.json()).url;
  } catch {
    return null;
  }
}

/** What `up` prints once everything runs. */
export function readyMessage(facts: {
  readonly dashboardUrl: string;
  readonly signInLink: string | null;
  readonly adminTokenFile: string;
  readonly workers: number;
  readonly slots: number;
  readonly eventStore: string;
  readonly dataDir: string;
  readonly readyAfterMs: number;
  readonly isColoured: boolean;
}): string {
  const bold = (text: string) => (facts.isColoured ? `\u001b[1m${text}\u001b[22m` : text);
  const dim = (text: string) => (facts.isColoured ? `\u001b[2m${text}\u001b[22m` : text);
  const slots = `${facts.workers} ${facts.workers === 1 ? 'worker' : 'workers'} × ${facts.slots} ${facts.slots === 1 ? 'slot' : 'slots'}`;
  const rows: readonly (readonly [string, string])[] = [
    ['Dashboard', bold(facts.dashboardUrl)],
    ['Sign in', facts.signInLink === null ? 'npx yardmaster link' : `${facts.signInLink} ${dim('(works once)')}`],
    ['API token', facts.adminTokenFile],
    ['Running', `${slots}, events in ${facts.eventStore}`],
    ['Data', facts.dataDir],
  ];
  return [
    '',
    `  ${bold('Yardmaster is ready')} ${dim(`after ${(facts.readyAfterMs / 1000).toFixed(1)} s`)}`,
    '',
    ...rows.map(([label, value]) => `  ${dim(label.padEnd(10))} ${value}`),
    '',
    `  ${dim('Ctrl-C stops everything.')}`,
    '',
    '',
  ].join('\n');
}
