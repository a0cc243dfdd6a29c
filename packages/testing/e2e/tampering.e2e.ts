import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { untilEnded } from './support/builds.ts';
import { brokenLinks } from './support/histories.ts';
import { useInstallation } from './support/installation.ts';
import { plainWebsite, zipOf } from './support/projects.ts';

const installation = useInstallation({ YARDMASTER_WORKERS: '1' });

/** A copy of a SQLite store's file as it is this moment, changed by the statement. */
function tamperedCopy(file: string, { copy, sql }: { readonly copy: string; readonly sql: string }): string {
  const original = new DatabaseSync(file);
  original.exec(`VACUUM INTO '${copy}'`);
  original.close();
  const tampered = new DatabaseSync(copy);
  const { changes } = tampered.prepare(sql).run();
  tampered.close();
  expect(changes).toBe(1);
  return copy;
}

test.each([
  { column: 'data', revision: 2 },
  { column: 'meta', revision: 0 },
])('a copy of the file of SQLite with changed $column of an event is found out', async ({ column, revision }) => {
  const { product } = installation;
  const { website } = await product.api.uploadArchive(`changed ${column}`, zipOf(plainWebsite('as it was')));
  expect((await untilEnded(product, website.buildJobId)).status).toBe('completed');
  const stream = `buildJob-${website.buildJobId}`;
  const event = `revision = ${revision} AND stream_id = (SELECT id FROM streams WHERE name = '${stream}')`;
  const copy = tamperedCopy(product.storeLocation, {
    copy: join(installation.newFolder(), 'events.sqlite'),
    sql: `UPDATE events SET ${column} = json_set(${column}, '$.forged', 1) WHERE ${event}`,
  });
  expect(await brokenLinks(copy)).toEqual([`${stream}@${revision}: The event is not what was recorded.`]);
  expect(await brokenLinks(product.storeLocation)).toEqual([]);
});
