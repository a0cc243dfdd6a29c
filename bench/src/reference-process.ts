import { fork } from 'node:child_process';
import { once } from 'node:events';

/** What a reference needs in order to measure the same as the product: a process of its own. */
export interface ReferenceProcess extends AsyncDisposable {
  readonly port: number;
}

/** Runs a module that sends its port once it listens, and that ends when its channel to us closes. */
export async function startReference(
  module: `./${string}.ts`,
  args: readonly string[] = [],
): Promise<ReferenceProcess> {
  const child = fork(new URL(module, import.meta.url), args);
  const [port] = await once(child, 'message');
  return {
    port: Number(port),
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
