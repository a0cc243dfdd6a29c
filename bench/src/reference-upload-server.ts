import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

// A process of its own: the least that an upload can cost. It streams the body into a file, has the disk keep it, answers.
const folder = process.argv[2] ?? '';

const server = createServer(async (req, res) => {
  const file = join(folder, randomUUID());
  await pipeline(req, createWriteStream(file, { flush: true }));
  res.writeHead(201).end();
  await unlink(file);
});
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.once('disconnect', () => process.exit(0));
