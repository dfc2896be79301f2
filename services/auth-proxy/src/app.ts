import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Clock, systemClock } from '@drover/async';
import type { Bus } from '@drover/bus';
import { type Cluster, groupsOf, subjects, type User } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import {
  AssertionSigner,
  type PublicKeys,
  SessionVerifier,
  type SigningKeySource,
  secretEndMs,
} from '@drover/identity';
import type { FrontDoorOptions, Route } from '@drover/service-kit';
import type { Logger } from '@drover/telemetry';
import { Assertions } from './access/assertions.ts';
import { Authenticator } from './access/authenticator.ts';
import { type HubView, openHubView } from './access/hub-view.ts';
import { LiveExchanges } from './access/live-exchanges.ts';
import { isOpen, isStillOf } from './access/standing.ts';
import { sameRights } from './access/token-rights.ts';
import { TokenUses } from './access/token-uses.ts';
import type { HubApi } from './adapters/hub-api.ts';
import { AuditLog } from './audit/index.ts';
import { clustersRoute } from './proxy/clusters-route.ts';
import type { Dialer } from './proxy/context.ts';
import { plainHubHandler } from './proxy/hub-exchange.ts';
import { hubRoute } from './proxy/hub-route.ts';
import { RequestAudit } from './proxy/request-audit.ts';

export { type HubApi, localHubApi } from './adapters/hub-api.ts';
export type { Dialer } from './proxy/context.ts';

/** Where the hub's Kubernetes API is. */
export const hubApiPrefixes = ['/api', '/apis'] as const;

export interface AuthProxyOptions {
  readonly bus: Bus;
  /** Opens streams to clusters. */
  readonly dialer: Dialer;
  /** The hub's own API. */
  readonly hubApi: HubApi;
  /** The private key that signs identity assertions. No gateway holds it. */
  readonly signingKey: SigningKeySource;
  /** The hub's id, which the credentials of its sessions name. */
  readonly hubId: string;
  /** What verifies them. */
  readonly sessionKeys: () => PublicKeys;
  /** Where the audit spool lies. */
  readonly dataDir: string;
  readonly logger: Logger;
  /** Before hub names in clusters; default `drover:`. */
  readonly userPrefix?: string;
  /** Silence of the hub's store after which access is refused; default 5 minutes. */
  readonly authorizationStaleMs?: number;
  readonly clock?: Clock;
}

export interface AuthProxy {
  /** For mounting at `/k8s/clusters`. */
  readonly clusters: Route;
  /** For mounting at `/`. */
  readonly hub: Route;
  /** The Kubernetes API of the hub, for mounting at each of {@link hubApiPrefixes}: plain requests go the quick way. */
  readonly hubApi: Route;
  /** Keeps a record of what the front door refused before a route saw it. */
  readonly onRefused: NonNullable<FrontDoorOptions['onRefused']>;
  /** Requests to clusters that are in flight. */
  inFlight(): number;
  close(): Promise<void>;
}

/** fleet-api takes a batch before it writes anything; one that is lost is told again. */
const useTimeoutMs = 2_000;

/** Starts the front door's logic; it serves where its routes are mounted. */
export async function startAuthProxy(options: AuthProxyOptions): Promise<AuthProxy> {
  const { bus, logger, clock = systemClock } = options;
  const live = new LiveExchanges(clock, error => logger.error({ err: error }, 'a request could not be cut'));
  const view = await openView(bus, live, { logger, clock });
  const processId = `auth-proxy-${randomBytes(6).toString('hex')}`;
  const auditLog = await AuditLog.open({
    publish: (subject, body, { msgId }) => bus.append(subject, body, { msgId }).then(() => {}),
    spoolFile: join(options.dataDir, 'audit', 'auth-proxy.spool'),
    processId,
    logger,
    clock,
  });
  const audit = new RequestAudit(auditLog, clock);
  const uses = new TokenUses({
    send: batch => bus.request(subjects.rpc('fleet-api', 'token-uses'), batch, { timeoutMs: useTimeoutMs }),
    clock,
    logger,
  });
  const signer = await AssertionSigner.create(options.signingKey);
  const parts = {
    view,
    authenticator: new Authenticator({
      view,
      sessions: SessionVerifier.create(options.sessionKeys, options.hubId),
      clock,
      staleMs: options.authorizationStaleMs ?? 300_000,
      uses,
    }),
    assertions: new Assertions(signer, clock),
    clock,
    userPrefix: options.userPrefix ?? 'drover:',
  };
  const hub = hubRoute(parts, { audit, live }, options.hubApi);
  return {
    clusters: clustersRoute(parts, { dialer: options.dialer, live, audit }),
    hub,
    hubApi: { ...hub, plain: plainHubHandler(parts, { audit, live }, options.hubApi) },
    onRefused: (call, error) => audit.refused({ ...call, rawHeaders: [], upgrade: false }, error),
    inFlight: () => live.size,
    close: async () => {
      live.close();
      await uses.close();
      await auditLog.close();
      await view.close();
    },
  };
}

/** The view, wired so that what it loses ends the requests that stood on it (T5). */
async function openView(
  bus: Bus,
  live: LiveExchanges,
  parts: { readonly logger: Logger; readonly clock: Clock },
): Promise<HubView> {
  let opened: HubView | undefined;
  const cutStrangers = (view: HubView, clusters: Iterable<Cluster>): void => {
    const names = new Map(Array.from(clusters, ({ metadata: { uid, name } }) => [uid, name]));
    live.cutWhere(({ credential, clusterUid }) => {
      const name = names.get(clusterUid);
      const user = name === undefined ? undefined : view.user(credential.user);
      return user !== undefined && name !== undefined && !view.mayReach(user, name);
    }, new DroverError('forbidden', 'the user is no member of the cluster any more'));
  };
  opened = await openHubView(
    bus,
    {
      onMembers: name => {
        if (opened === undefined) return;
        const one = name === undefined ? undefined : opened.cluster(name);
        cutStrangers(opened, name === undefined ? opened.clusters() : one ? [one] : []);
      },
      onToken: (name, now, before) => {
        if (before === undefined) return;
        const kept = now !== undefined && sameRights(now, before) ? now : undefined;
        live.settleToken(
          name,
          secretHash => kept && secretEndMs(kept, secretHash),
          new DroverError('unauthenticated', 'the token was revoked'),
        );
      },
      onUser: (name, now, before) => {
        if (before === undefined) return;
        const fewer = now === undefined || lostGroups(now, before);
        live.cutWhere(
          ({ credential }) => credential.user === name && (fewer || !isStillOf(now, credential)),
          new DroverError('unauthenticated', 'the user was disabled or revoked, or belongs to fewer groups now'),
        );
      },
      onProvider: (name, now) => {
        live.cutWhere(
          ({ credential }) => credential.provider === name && !isOpen(now, credential),
          new DroverError('unauthenticated', `the provider ${JSON.stringify(name)} signs nobody in any more`),
        );
      },
      onEndedSession: (id, now) => {
        if (now === undefined) return;
        live.cutWhere(
          ({ credential }) => credential.kind === 'session' && credential.id === id,
          new DroverError('session-ended'),
        );
      },
      onCluster: (_name, now, before) => {
        if (before !== undefined && now?.metadata.uid !== before.metadata.uid) {
          live.cutWhere(
            exchange => exchange.clusterUid === before.metadata.uid,
            new DroverError('cluster-unknown', 'the cluster was removed'),
          );
        }
      },
    },
    parts,
  );
  return opened;
}

/** A live request stands on the groups that it was opened with; one more takes nothing from it. */
const lostGroups = (now: User, before: User): boolean => {
  const left = new Set(groupsOf(now));
  return groupsOf(before).some(group => !left.has(group));
};
