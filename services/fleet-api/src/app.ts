import type { IncomingMessage, ServerResponse } from 'node:http';
import { bucketStore } from '@drover/apiserver';
import { type Clock, systemClock } from '@drover/async';
import { type Bus, durabilityOf, durabilityText } from '@drover/bus';
import { subjects } from '@drover/contracts';
import type { SecretRing } from '@drover/identity';
import type { PlainHandler } from '@drover/service-kit';
import { RateLimits, RedisLoginSessions, RedisOneTimeStore, type Sessions, TunnelDirectory } from '@drover/sessions';
import type { Logger } from '@drover/telemetry';
import type { HubFacts } from './domain/hub-facts.ts';
import { startFleet } from './fleet.ts';
import type { SessionKeys } from './sign-in/credentials.ts';

export type { HubFacts } from './domain/hub-facts.ts';

/** What {@link startFleetApi} needs. Bus and sessions stay the caller's, to be closed after this. */
export interface FleetApiOptions {
  readonly bus: Bus;
  readonly sessions: Sessions;
  readonly hub: HubFacts;
  /** Seals what the hub keeps for identity providers. */
  readonly secrets: SecretRing;
  /** The keys that sign and verify the credentials of login sessions. */
  readonly sessionKeys: SessionKeys;
  readonly logger: Logger;
  /** Makes the user `admin`, of the group `admins`, where there is none; a later start leaves him alone. */
  readonly adminPassword?: string;
  readonly clock?: Clock;
}

/** A running fleet-api. */
export interface FleetApi {
  /** Serves what is not a cluster's. Who asks is in the header `drover-identity`, which only auth-proxy may set. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** The same on the quick way, for plain requests to the Kubernetes API (`/api`, `/apis`). */
  readonly plain: PlainHandler;
  close(): Promise<void>;
}

/**
 * Starts the hub's API on its store. Streams and buckets must be there (`ensureHubStreams`). Close stops in reverse order
 * of opening; watches end cleanly.
 */
export async function startFleetApi(options: FleetApiOptions): Promise<FleetApi> {
  const { bus, sessions, logger, clock = systemClock } = options;
  const durability = options.hub.durability ?? durabilityOf(bus.serverVersion);
  if (durability !== 'synced') logger.warn({ durability }, durabilityText(durability, bus.serverVersion));
  const hub: HubFacts = { ...options.hub, durability };
  await using opened = new AsyncDisposableStack();
  const directory = opened.use(new TunnelDirectory(sessions, { clock, log: logger }));
  const fleet = await startFleet({
    store: bucketStore(bus.objects()),
    hub,
    secrets: options.secrets,
    clock,
    logger,
    sessionKeys: options.sessionKeys,
    logins: new RedisLoginSessions(sessions, clock),
    once: new RedisOneTimeStore(sessions),
    limits: new RateLimits({ sessions, clock, logger }),
    sessionsOf: clusterUid => directory.view.sessionsOf(clusterUid),
    unready: () => (bus.status === 'connected' ? undefined : 'there is no connection to NATS'),
  });
  opened.defer(() => fleet.close());
  if (options.adminPassword !== undefined && (await fleet.accounts.bootstrapAdmin(options.adminPassword))) {
    logger.info({ user: 'admin' }, 'the first administrator was made');
  }
  // While Redis is away the view is what was, and what it does not hold is not known: nothing is written then.
  const wake = (): void => {
    if (sessions.connected) fleet.wake();
  };
  opened.defer(directory.view.onChange(wake));
  const events = bus.subscribe(subjects.allTunnelEvents, () => void directory.refresh());
  opened.defer(() => events.unsubscribe());
  await bus.serve('fleet-api', 'enrol', body => fleet.enrolment.enrol(body));
  await bus.serve('fleet-api', 'token-uses', async body => fleet.tokenUses.take(body));
  const running = opened.move();
  return { handler: fleet.serve, plain: fleet.servePlain, close: () => running.disposeAsync() };
}
