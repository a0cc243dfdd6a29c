import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsSchema, uploadLimits } from '@yardmaster/protocol/settings';
import { expect, onTestFinished, test } from 'vitest';
import { receiveUpload } from '../src/upload/receive-upload.ts';
import { UploadAborted } from '../src/upload/refusal.ts';
import { createStagedFile } from '../src/upload/staged-file.ts';

test('an upload whose client went away before it was received is given up at once', async () => {
  const arrived = Promise.withResolvers<IncomingMessage>();
  const server = createServer((req) => arrived.resolve(req));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1'); // it listens on a port
  const head = ['POST / HTTP/1.1', 'Host: here', 'Content-Type: multipart/form-data; boundary=b', 'Content-Length: 99'];
  socket.write(`${head.join('\r\n')}\r\n\r\n--b\r\n`);
  const req = await arrived.promise;
  const gone = new Promise((resolve) => req.once('close', resolve));
  socket.destroy();
  await gone;

  const folder = await mkdtemp(join(tmpdir(), 'yardmaster-receive-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const staged = await createStagedFile(join(folder, 'staged'));
  onTestFinished(() => staged.close());
  const limits = uploadLimits(settingsSchema.parse({}));
  const received = receiveUpload(req, { staged, limits, tally: { fileName: null, sizeBytes: 0 } });
  await expect(received).rejects.toThrow(UploadAborted);
});
