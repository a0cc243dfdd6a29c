import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));
const announcement = /^EventStoreDB wire server on (esdb:\/\/127\.0\.0\.1:(\d+)\?tls=false)$/;

export interface WireServerProcess {
  readonly url: string;
  readonly port: number;
  /** Sends the signal, and resolves with the exit code when the process is gone; null when the signal killed it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/** Starts the wire server as a process, and resolves when it listens. */
export async function startWireServerProcess(file: string, port = 0): Promise<WireServerProcess> {
  const args = [program, '--file', file, '--port', String(port)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const [, url = '', boundPort] = announcement.exec(await firstLine(child)) ?? [];
  return {
    url,
    port: Number(boundPort),
    async end(signal) {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
}

async function firstLine(child: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error('The wire server ended before it listened.');
}
