import { createServer } from 'node:net';
import { StartError } from './child-process.ts';

/**
 * Makes sure that the server will be able to listen, so that a taken port is one clear message at once. Port 0 is
 * resolved to a free one, which workers and restarts can then rely on.
 */
export function reservePort(address: { readonly host: string; readonly port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => reject(listenError(address, 'code' in error ? String(error.code) : error.message)));
    probe.listen({ ...address, exclusive: true }, () => {
      const bound = probe.address();
      probe.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : address.port));
    });
  });
}

function listenError(address: { readonly host: string; readonly port: number }, code: string): StartError {
  switch (code) {
    case 'EADDRINUSE':
      return new StartError(
        `Port ${address.port} is taken by another program. Stop that one, or choose another port: YARDMASTER_PORT=${address.port + 1} npm start`,
      );
    case 'EACCES':
      return new StartError(
        `Port ${address.port} may not be used by this account. Choose one above 1023 with YARDMASTER_PORT.`,
      );
    default:
      return new StartError(
        `YARDMASTER_HOST=${address.host} cannot be listened on (${code}). Use 127.0.0.1, or an address of this machine.`,
      );
  }
}
