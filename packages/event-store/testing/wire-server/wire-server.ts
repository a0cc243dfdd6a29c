import type { EventStore } from '@yardmaster/application';
import type { Faults } from './faults.ts';
import { clusterInfo } from './gossip.ts';
import { createStreamWriter } from './stream-writer.ts';
import { openWireLog } from './wire-log.ts';
import { hostOf, type NodeSettings, startWireNode, urlOf } from './wire-node.ts';

export type { Credentials } from './admission.ts';
export type { Faults } from './faults.ts';
export { createTestCertificate, type TestCertificate } from './test-certificate.ts';
export { startWireCluster, type WireCluster, type WireClusterOptions } from './wire-cluster.ts';
export { startWireServerProcess, type WireServerProcess } from './wire-server-process.ts';

export interface BackingOptions {
  /** Where the events are kept. Not stopped by the server; nothing else should append to it meanwhile. */
  readonly store: EventStore;
  /**
   * False: refuses a repeated append instead of answering it with the first result. Which of the two a real server does
   * depends on how the append was made and on how much it still remembers. True by default.
   */
  readonly knowsRepetitions?: boolean;
}

export interface WireServerOptions extends BackingOptions, NodeSettings {
  /** A free port by default. */
  readonly port?: number;
}

export interface WireServer extends Faults {
  /** The connection string for clients, without credentials and without the certificate to trust. */
  readonly url: string;
  readonly port: number;
  /** Idempotent. Ends subscriptions as a server does that is shut down, and finishes the appends under way. */
  stop(): Promise<void>;
  /** Drops every connection at once, like a crash: what was being appended is stored or not. */
  kill(): void;
}

/**
 * Serves an event store on 127.0.0.1 in the protocol of EventStoreDB 22.10.5, as far as writing, reading and following
 * streams go, through the service definitions of the official client. For tests of the adapter: over it runs the real
 * client, its real quirks and a real connection. What it does not do: resolve links, checkpoints of filtered
 * subscriptions, limits of streams but `$tb`, persistent subscriptions, and appends that no store of ours takes: more
 * than 500 events, or more than 750 kB that are none of ours.
 */
export async function startWireServer(options: WireServerOptions): Promise<WireServer> {
  const { store, knowsRepetitions = true, port = 0, ...settings } = options;
  const log = await openWireLog(store);
  const writer = createStreamWriter({ store, log, knowsRepetitions });
  const instanceId = crypto.randomUUID();
  const self = { address: hostOf(settings), port };
  const membership = { isLeader: () => true, leader: () => self };
  const gossip = () => clusterInfo([{ ...self, instanceId, isAlive: true, role: 'leader' }]);
  const node = await startWireNode({ ...settings, log, writer, membership, gossip, port }).catch((error: unknown) => {
    log.close();
    throw error;
  });
  self.port = node.port;
  return {
    ...node,
    url: urlOf(settings, [node.port]),
    async stop() {
      await node.stop();
      log.close();
    },
    kill() {
      node.kill();
      log.close();
    },
  };
}
