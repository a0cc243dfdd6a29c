import type {
  Actors,
  ArtifactStore,
  ArtifactTokens,
  Clock,
  EventStore,
  Log,
  LogRestorer,
  LogStore,
  Outage,
  ReadModels,
} from '@yardmaster/application';
import type { ArchiveLimits } from '@yardmaster/build-runner';
import type { Addresses } from './addresses.ts';
import type { SystemHealthWatch } from './health/system-health.ts';
import type { DiskWatch } from './health/watch-disk.ts';
import type { Inspector } from './upload/inspector.ts';

/** What the workers say about themselves, as far as views need it. */
export interface FleetView {
  /** Slots of workers that are online and take builds. */
  liveSlots(): number;
  workers(): number;
}

/** Who hands out builds, as far as this server knows. */
export interface Leadership {
  readonly serverId: string;
  /** Whether this server does. */
  leading(): boolean;
  /** The id of the server that does; null when none is known. */
  leader(): string | null;
}

/** What the gateway's routes and live connections stand on. All of it is started and stopped elsewhere. */
export interface GatewayParts {
  readonly store: EventStore;
  /** Why the server of the event store cannot be reached; null while it can. */
  readonly storeOutage: () => Outage | null;
  readonly actors: Actors;
  readonly readModels: ReadModels;
  readonly logs: LogStore;
  readonly logRestorer: LogRestorer;
  readonly artifacts: ArtifactStore;
  readonly artifactTokens: ArtifactTokens;
  readonly inspector: Inspector;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
  readonly addresses: Addresses;
  readonly fleet: FleetView;
  readonly messaging: { readonly connected: boolean };
  readonly leadership: Leadership;
  readonly health: Pick<SystemHealthWatch, 'look' | 'told' | 'onChange'>;
  readonly disk: Pick<DiskWatch, 'hasRoomFor'>;
  readonly uploadLimits: ArchiveLimits;
  /** The folder of the built dashboard, which may be missing. */
  readonly dashboardDir: string;
}
