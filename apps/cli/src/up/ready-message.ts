import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { z } from 'zod';

const LINK_PATH = '/api/website-builder/auth/link';
const LINK_TIMEOUT_MS = 5_000;

const linkAnswerSchema = z.object({ url: z.url() });

/** Asks the server for a one-time sign-in link; null when it gives none, which is no reason not to run. */
export async function fetchSignInLink(options: {
  readonly serverUrl: string;
  readonly adminTokenFile: string;
}): Promise<string | null> {
  try {
    const token = (await readFile(options.adminTokenFile, 'utf8')).trim();
    return linkAnswerSchema.parse(JSON.parse(await postForText(`${options.serverUrl}${LINK_PATH}`, token))).url;
  } catch {
    return null;
  }
}

/** Not by `fetch`, which would cost the supervisor 9 MB for one request. */
function postForText(url: string, token: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-length': 0 },
      signal: AbortSignal.timeout(LINK_TIMEOUT_MS),
    };
    request(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve(text)).once('error', reject);
    })
      .once('error', reject)
      .end();
  });
}

/** What `up` prints once everything runs. */
export function readyMessage(facts: {
  readonly dashboardUrl: string;
  readonly serverUrls: readonly string[];
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
    ...(facts.serverUrls.length > 1 ? [['Servers', facts.serverUrls.join(' ')] as const] : []),
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
