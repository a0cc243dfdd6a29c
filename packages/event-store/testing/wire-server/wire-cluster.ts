import type { Faults } from './faults.ts';
import { clusterInfo } from './gossip.ts';
import type { EndPoint } from './status.ts';
import { createStreamWriter } from './stream-writer.ts';
import { openWireLog } from './wire-log.ts';
import { hostOf, type NodeSettings, startWireNode, urlOf, type WireNode } from './wire-node.ts';
import type { BackingOptions } from './wire-server.ts';

export interface WireClusterOptions extends BackingOptions, NodeSettings {
  /** How many; the first one leads. */
  readonly nodes: number;
}

export interface WireCluster {
  /** The connection string that names every node, without credentials and without the certificate to trust. */
  readonly url: string;
  /** By number, from 0. The ports stay when a node is started again. */
  readonly ports: readonly number[];
  /** The number of the node that leads; undefined while fewer than half of the nodes are there. */
  readonly leader: number | undefined;
  /** To another node that is there: to the next one, unless one is named. Nothing is dropped. */
  moveLeadership(to?: number): void;
  /** Drops a node's connections at once, like a crash. When it led, the next one that is there leads from now on. */
  kill(node: number): void;
  restart(node: number): Promise<void>;
  /** The controls of a node that is there. */
  faults(node: number): Faults;
  /** Idempotent. */
  stop(): Promise<void>;
}

/**
 * Serves one event store as a cluster of several wire servers in this process. Every node tells who leads and who is
 * there; followers refuse what requires the leader, and do everything else as a real one, which passes it on. All nodes
 * have everything at once: a follower is never behind.
 */
export async function startWireCluster(options: WireClusterOptions): Promise<WireCluster> {
  const { store, nodes: count, knowsRepetitions = true, ...settings } = options;
  const address = hostOf(settings);
  const log = await openWireLog(store);
  const writer = createStreamWriter({ store, log, knowsRepetitions });
  const running = new Map<number, WireNode>();
  const instanceIds = Array.from({ length: count }, () => crypto.randomUUID());
  const ports: number[] = [];
  let leader: number | undefined;

  const endPointOfLeader = (): EndPoint | undefined => {
    const port = leader === undefined ? undefined : ports[leader];
    return port === undefined ? undefined : { address, port };
  };
  const roleOf = (node: number) => (leader === undefined ? 'unknown' : leader === node ? 'leader' : 'follower');
  const gossip = () =>
    clusterInfo(
      instanceIds.map((instanceId, node) => ({
        instanceId,
        address,
        port: ports[node] ?? 0,
        isAlive: running.has(node),
        role: roleOf(node),
      })),
    );
  const start = async (node: number): Promise<void> => {
    const membership = { isLeader: () => leader === node, leader: endPointOfLeader };
    const started = await startWireNode({ ...settings, log, writer, membership, gossip, port: ports[node] ?? 0 });
    ports[node] = started.port;
    running.set(node, started);
    elect();
  };
  const nextAfter = (node: number) =>
    instanceIds.map((_, index) => (node + 1 + index) % count).find((one) => running.has(one));
  /** More than half of all nodes must be there; the leader that they have stays. */
  const elect = () => {
    if (running.size * 2 <= count) leader = undefined;
    else if (leader === undefined || !running.has(leader)) leader = nextAfter(leader ?? -1);
  };
  const find = (node: number): WireNode => {
    const found = running.get(node);
    if (found === undefined) throw new RangeError(`Node ${node} is not running.`);
    return found;
  };

  for (let node = 0; node < count; node++) await start(node);

  return {
    url: urlOf(settings, ports),
    ports,
    get leader() {
      return leader;
    },
    moveLeadership(to) {
      if (to !== undefined) find(to);
      leader = to ?? nextAfter(leader ?? -1);
    },
    kill(node) {
      find(node).kill();
      running.delete(node);
      elect();
    },
    restart: start,
    faults: find,
    async stop() {
      await Promise.all([...running.values()].map((node) => node.stop()));
      log.close();
    },
  };
}
