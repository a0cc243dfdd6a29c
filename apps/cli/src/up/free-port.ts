import { createServer, type Server } from 'node:net';
import { StartError } from './child-process.ts';

const HIGHEST_PORT = 65_535;

type Address = { readonly host: string; readonly port: number };

/**
 * Makes sure that so many servers will be able to listen, so that a taken port is one clear message at once. They get the
 * port and those that follow it; for port 0 free ones, which workers and restarts can then rely on.
 */
export async function reservePorts({ host, port, servers }: Address & { readonly servers: number }): Promise<number[]> {
  if (port + servers - 1 > HIGHEST_PORT) {
    throw new StartError(
      `${servers} servers from YARDMASTER_PORT=${port} on would need ports beyond ${HIGHEST_PORT}. Choose ${HIGHEST_PORT - servers + 1} or a lower one.`,
    );
  }
  const probes: Probe[] = [];
  try {
    // Held until all are found: a free port that is let go of would be found again.
    for (let nth = 0; nth < servers; nth++) probes.push(await bind({ host, port: port === 0 ? 0 : port + nth }));
    return probes.map((probe) => probe.port);
  } finally {
    await Promise.all(probes.map((probe) => new Promise((resolve) => probe.server.close(resolve))));
  }
}

type Probe = { readonly server: Server; readonly port: number };

function bind(address: Address): Promise<Probe> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => reject(listenError(address, 'code' in error ? String(error.code) : error.message)));
    server.listen({ ...address, exclusive: true }, () => {
      const bound = server.address();
      resolve({ server, port: typeof bound === 'object' && bound !== null ? bound.port : address.port });
    });
  });
}

function listenError(address: Address, code: string): StartError {
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
