import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './until.ts';

/** The steps at which a gated build can be held. */
export type GatedStep = 'install' | 'typecheck' | 'build';

/** Where the steps of gated builds wait until the test lets them go on. */
export interface Gate {
  readonly url: string;
  /** Resolves when so many have knocked in all at that step. */
  arrived(step: GatedStep, times: number): Promise<void>;
  /** Lets everybody through who waits or comes to one step, or to any. */
  open(step?: GatedStep): void;
  close(): Promise<void>;
}

export async function openGate(): Promise<Gate> {
  const knocks = new Map<string, number>();
  const waiting = new Map<ServerResponse, string>();
  const opened = new Set<string>();
  const server = createServer((request, response) => {
    const step = (request.url ?? '/').slice(1);
    knocks.set(step, (knocks.get(step) ?? 0) + 1);
    if (opened.has(step)) return response.end();
    waiting.set(response, step);
    response.once('close', () => waiting.delete(response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    url: `http://127.0.0.1:${port}`,
    async arrived(step, times) {
      await until(`${times} builds have come to the gate of the step "${step}"`, () =>
        (knocks.get(step) ?? 0) >= times ? true : null,
      );
    },
    open(step) {
      for (const each of step === undefined ? ['install', 'typecheck', 'build'] : [step]) opened.add(each);
      for (const [response, at] of waiting) if (opened.has(at)) response.end();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
