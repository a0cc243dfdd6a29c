/**
 * A wire server as a process of its own, over a SQLite file:
 *
 *     node packages/event-store/testing/wire-server/main.ts --file <path> [--port <port>]
 *
 * Prints its connection string once it listens. SIGTERM or SIGINT ends it with exit code 0 after what is under way. A kill
 * loses nothing that was acknowledged, and started again on the same file it continues the same log, position by position.
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { openSqliteEventStore } from '../../src/sqlite/sqlite-event-store.ts';
import { startWireServer } from './wire-server.ts';

const Options = z.object({ file: z.string().min(1), port: z.coerce.number().int().min(0).max(65_535) });

const { values } = parseArgs({ options: { file: { type: 'string' }, port: { type: 'string', default: '0' } } });
const parsed = Options.safeParse(values);
if (!parsed.success) {
  console.error(
    `Usage: main.ts --file <path of a SQLite event store> [--port <port>]\n${z.prettifyError(parsed.error)}`,
  );
  process.exit(2);
}
const { file, port } = parsed.data;

const store = await openSqliteEventStore({
  file,
  onEnded(error) {
    console.error(error.message);
    process.exit(1);
  },
});
const server = await startWireServer({ store, port });

const stop = async () => {
  await server.stop();
  await store.stop();
  process.exit(0);
};
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
console.log(`EventStoreDB wire server on ${server.url}`);
