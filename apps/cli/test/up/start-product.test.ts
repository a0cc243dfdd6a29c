import { readSettings } from '@yardmaster/protocol/settings';
import { expect, test } from 'vitest';
import type { ChildSpec } from '../../src/up/child-process.ts';
import { openDataFolder } from '../../src/up/data-folder.ts';
import { readyMessage } from '../../src/up/ready-message.ts';
import { restartOnce, startProduct } from '../../src/up/start-product.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The children that are asked for, each of which is ready when the test says so. */
function aProduct({ ports, env = {} }: { readonly ports: readonly number[]; readonly env?: Record<string, string> }) {
  const asked = new Map<string, { readonly spec: ChildSpec; readonly ready: PromiseWithResolvers<void> }>();
  const restarted: string[] = [];
  const read = readSettings({ NATS_URL: 'nats://127.0.0.1:4222', YARDMASTER_WORKERS: '2', ...env });
  if (!read.ok) throw new Error(read.problems.join(' '));
  const started = startProduct({
    settings: read.settings,
    dataFolder: openDataFolder(temporaryFolder()),
    ports,
    env: {},
    children: {
      async start(spec) {
        const ready = Promise.withResolvers<void>();
        asked.set(spec.name, { spec, ready });
        await ready.promise;
      },
      restart: (name) => void restarted.push(name),
    },
  });
  return {
    started,
    restarted,
    names: () => [...asked.keys()],
    childOf: (name: string) => {
      const child = asked.get(name);
      if (child === undefined) throw new Error(`${name} was not asked for.`);
      return child;
    },
  };
}

/** Whatever follows from what is settled has happened then. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('the first server makes what the others need, so they come after it; workers do not wait', async () => {
  const product = aProduct({ ports: [4000, 4001, 4002] });
  await settled();
  expect(product.names()).toEqual(['server', 'worker-1', 'worker-2']);
  for (const name of product.names()) product.childOf(name).ready.resolve();
  await settled();
  expect(product.names().slice(3)).toEqual(['server-2', 'server-3']);
  product.childOf('server-2').ready.resolve();
  product.childOf('server-3').ready.resolve();
  await product.started;
});

test('where servers may have to wait for their event store, workers come after the first of them', async () => {
  const product = aProduct({ ports: [4000, 4001], env: { EVENTSTORE_URL: 'esdb://127.0.0.1:2113?tls=false' } });
  await settled();
  expect(product.names()).toEqual(['server']);
  product.childOf('server').ready.resolve();
  await settled();
  expect(product.names().slice(1).sort()).toEqual(['server-2', 'worker-1', 'worker-2']);
});

test('each server is told its name and port, and each worker where all of them are, another one first', async () => {
  const product = aProduct({ ports: [4000, 4001] });
  await settled();
  product.childOf('server').ready.resolve();
  await settled();
  const told = (name: string) => product.childOf(name).spec.program().env;
  expect(told('server')).toMatchObject({ YARDMASTER_SERVER_ID: 'server', YARDMASTER_PORT: '4000' });
  expect(told('server-2')).toMatchObject({ YARDMASTER_SERVER_ID: 'server-2', YARDMASTER_PORT: '4001' });
  const [one, two] = ['http://127.0.0.1:4000', 'http://127.0.0.1:4001'];
  expect(told('worker-1').YARDMASTER_SERVER_URL).toBe(`${one},${two}`);
  expect(told('worker-2').YARDMASTER_SERVER_URL).toBe(`${two},${one}`);
});

test('nats-server is started again once when several servers say that it does no work', async () => {
  const product = aProduct({ ports: [4000, 4001] });
  await settled();
  product.childOf('server').ready.resolve();
  await settled();
  for (const name of ['server', 'server-2', 'server']) {
    product.childOf(name).spec.onMessage?.({ type: 'messaging-unavailable' });
  }
  expect(product.restarted).toEqual(['nats-server']);
});

test('what is asked for again later is done again', () => {
  let nowMs = 0;
  let restarts = 0;
  const restart = restartOnce(
    () => {
      restarts += 1;
    },
    () => nowMs,
  );
  for (nowMs of [0, 100, 9_000, 9_100, 18_000]) restart();
  expect(restarts).toBe(3);
});

test('the ready message lists the servers when there is more than one', () => {
  const facts = {
    dashboardUrl: 'http://localhost:4000',
    signInLink: null,
    adminTokenFile: '/data/admin-token',
    workers: 1,
    slots: 2,
    eventStore: 'SQLite',
    dataDir: '/data',
    readyAfterMs: 1_234,
    isColoured: false,
  };
  const [one, two] = ['http://127.0.0.1:4000', 'http://127.0.0.1:4001'];
  expect(readyMessage({ ...facts, serverUrls: [one] })).not.toContain('Servers');
  expect(readyMessage({ ...facts, serverUrls: [one, two] })).toContain(`Servers    ${one} ${two}\n`);
});
