import type { Clock } from '@drover/async';
import type { Durability } from '@drover/bus';
import type { HostPort } from '@drover/config';
import type { LogLevel } from '@drover/telemetry';
import type { HubFiles } from './hub-record.ts';
import type { NatsUser } from './nats-permissions.ts';
import type { Pki } from './pki.ts';

/** Everything that the services of a hub are started with, in one process or in many. */
export interface StackParts {
  readonly dataDir: string;
  readonly hub: HubFiles;
  readonly pki: Pki;
  readonly natsUrl: string;
  /** Absent where NATS is the user’s own. */
  readonly durability: Durability | undefined;
  /** Absent where the NATS server asks for none. */
  readonly credentials: Readonly<Record<NatsUser, string>> | undefined;
  readonly redisUrl: string;
  /** Where the first front door listens; its port is chosen. */
  readonly listen: HostPort;
  /** The host's name in URLs that others are given. */
  readonly publicHost: string;
  readonly agentImage: string;
  readonly userPrefix: string;
  readonly logLevel: LogLevel;
  /** The time of services in this process; absent: the real one. */
  readonly clock: Clock | undefined;
  readonly signal: AbortSignal;
}

/** Services that run. */
export interface RunningServices {
  /** Every front door, the first one first. */
  readonly urls: readonly string[];
  readonly names: readonly string[];
  /** Resolves with the reason when one of them ends by itself. */
  readonly failed: Promise<string>;
  /** Stops all in order. */
  close(): Promise<void>;
}
