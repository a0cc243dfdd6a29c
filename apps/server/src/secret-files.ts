import { randomBytes } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Actors,
  artifactKeyBytes,
  hashSecret,
  issueApiToken,
  type ReadModels,
  registerUser,
} from '@yardmaster/application';
import { UserId } from '@yardmaster/domain';
import { isCode, putFile, readIfThere } from './private-files.ts';

/** Fixed, so that two gateways that start at the same moment make one admin between them. */
const firstAdminId = UserId.parse('admin');
const projectionTimeoutMs = 10_000;

/**
 * Makes sure that there is an admin, and that `<data dir>/admin-token` holds an API token that works: a missing file, or
 * one from another store, gets a new token.
 */
export async function ensureAdmin({
  dataDir,
  actors,
  readModels,
}: {
  readonly dataDir: string;
  readonly actors: Actors;
  readonly readModels: ReadModels;
}): Promise<void> {
  const userId = readModels.firstAdmin()?.id ?? (await registerAdmin(actors));
  const file = join(dataDir, 'admin-token');
  const known = await readIfThere(file);
  if (known !== null && readModels.userByTokenHash(hashSecret(known.trim())) !== null) return;
  const issued = await issueApiToken(actors, { userId, label: 'admin-token file' });
  if (!issued.ok) throw new Error(`The admin's token could not be made: ${issued.rejection.message}`);
  await putFile(file, `${issued.token}\n`);
  if (issued.position !== null) await readModels.waitFor(issued.position, { timeoutMs: projectionTimeoutMs });
}

async function registerAdmin(actors: Actors): Promise<UserId> {
  const registered = await registerUser(actors, { id: firstAdminId, role: 'admin' });
  if (!registered.ok) throw new Error(`The admin could not be registered: ${registered.rejection.message}`);
  return firstAdminId;
}

/**
 * The key behind artifact tokens, made at the first start: a restart must not void the tokens of running builds. A damaged
 * one is made anew, which costs only running attempts their tokens.
 */
export async function readArtifactKey(dataDir: string): Promise<Uint8Array> {
  const file = join(dataDir, 'artifact-key');
  const known = await readIfThere(file);
  const knownKey = Buffer.from(known?.trim() ?? '', 'hex');
  if (knownKey.length === artifactKeyBytes) return knownKey;
  if (known !== null) await rm(file, { force: true });
  const key = randomBytes(artifactKeyBytes);
  try {
    await putFile(file, `${key.toString('hex')}\n`, link);
    return key;
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
    return readArtifactKey(dataDir); // another gateway was first
  }
}
