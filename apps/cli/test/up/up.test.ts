import { once } from 'node:events';
import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { acquireLock } from '../../bin/bootstrap/process-lock.mjs';
import { CommandError, type CommandIo } from '../../src/command.ts';
import { openDataFolder } from '../../src/up/data-folder.ts';
import { reservePorts } from '../../src/up/free-port.ts';
import { command } from '../../src/up/up.ts';
import { temporaryFolder } from './temporary-folder.ts';

function quietIo(env: Record<string, string>): CommandIo & { readonly said: string[] } {
  const said: string[] = [];
  const never = new AbortController().signal;
  const write = (text: string) => void said.push(text);
  return {
    env,
    cwd: '/',
    out: write,
    err: write,
    isTerminal: false,
    isOutTerminal: false,
    signal: never,
    force: never,
    said,
  };
}

test('a bad setting stops the start and is named', async () => {
  const dataDir = temporaryFolder();
  const io = quietIo({ YARDMASTER_PORT: 'http', YARDMASTER_SLOTS: '0', YARDMASTER_DATA_DIR: dataDir });
  await expect(command.run([], io)).rejects.toThrow(/YARDMASTER_PORT: "http".*\n.*YARDMASTER_SLOTS: "0"/);
  expect(existsSync(join(dataDir, 'up.lock'))).toBe(false);
});

test('a second start on one data directory says who runs there', async () => {
  const dataDir = temporaryFolder();
  const lock = acquireLock(join(dataDir, 'up.lock'));
  onTestFinished(() => (lock.ok ? lock.release() : undefined));
  writeFileSync(join(dataDir, 'server-url'), 'http://127.0.0.1:4711\nhttp://127.0.0.1:4712');
  const refused = command.run([], quietIo({ YARDMASTER_DATA_DIR: dataDir }));
  await expect(refused).rejects.toThrow(CommandError);
  await expect(refused).rejects.toThrow(`process ${process.pid} at http://127.0.0.1:4711, http://127.0.0.1:4712.`);
  expect(existsSync(join(dataDir, 'server-url'))).toBe(true); // it belongs to the one that runs
});

test('a port that is taken is named, with the setting that helps, and the data directory is free again', async () => {
  const dataDir = temporaryFolder();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const refused = command.run([], quietIo({ YARDMASTER_PORT: String(port), YARDMASTER_DATA_DIR: dataDir }));
  await expect(refused).rejects.toThrow(new RegExp(`^Port ${port} is taken .*YARDMASTER_PORT=${port + 1}`));
  expect(existsSync(join(dataDir, 'up.lock'))).toBe(false);
});

test('the port of a further server that is taken is named', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const refused = reservePorts({ host: '127.0.0.1', port: port - 1, servers: 2 });
  await expect(refused).rejects.toThrow(/^Port \d+ is taken/);
});

test('several servers get ports that follow one another, or for port 0 free ones that differ', async () => {
  const free = await reservePorts({ host: '127.0.0.1', port: 0, servers: 8 });
  expect(new Set(free).size).toBe(8);
  expect(free).not.toContain(0);
  await expect(reservePorts({ host: '127.0.0.1', port: 65_535, servers: 2 })).rejects.toThrow('Choose 65534');
});

test('an option that does not exist is a usage error', async () => {
  await expect(command.run(['--fast'], quietIo({}))).rejects.toMatchObject({ code: 'ERR_PARSE_ARGS_UNKNOWN_OPTION' });
});

test.each([
  ['a file', (root: string) => root],
  ['inside a file', (root: string) => join(root, 'data')],
])('a data directory that is %s is refused in one line, with the setting that names another', async (_case, place) => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const refused = command.run([], quietIo({ YARDMASTER_DATA_DIR: place(file) }));
  await expect(refused).rejects.toBeInstanceOf(CommandError);
  await expect(refused).rejects.toThrow(/cannot be used: E(EXIST|NOTDIR).*YARDMASTER_DATA_DIR/);
});

test('a data directory that others could read is closed to them', () => {
  const dataDir = temporaryFolder();
  chmodSync(dataDir, 0o755);
  openDataFolder(dataDir);
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
});

test('a damaged instance id stops the start with what to do about it', async () => {
  const dataDir = temporaryFolder();
  writeFileSync(join(dataDir, 'instance-id'), '');
  const refused = command.run([], quietIo({ YARDMASTER_DATA_DIR: dataDir }));
  await expect(refused).rejects.toBeInstanceOf(CommandError);
  await expect(refused).rejects.toThrow(/instance-id is damaged\. Delete it/);
});
