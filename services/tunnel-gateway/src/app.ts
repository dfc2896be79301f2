import type { Bus } from '@drover/bus';
import {
  type EnrolReply,
  type EnrolRequest,
  serviceOfCertificate,
  subjects,
  type TunnelEventBody,
} from '@drover/contracts';
import type { Route } from '@drover/service-kit';
import type { Sessions } from '@drover/sessions';
import { TunnelDirectory } from '@drover/sessions';
import type { Logger } from '@drover/telemetry';
import { dialHop, HopPool, type HopTls, type Join } from '@drover/tunnel';
import { ClusterView } from './adapters/cluster-view.ts';
import { type AgentSession, AgentSessions } from './agents/agent-sessions.ts';
import { announceKeys, connectRoute } from './agents/connect-route.ts';
import type { Dialer } from './domain/dialer.ts';
import { Router } from './domain/router.ts';
import { type HopListener, listenForHops } from './hops/hop-listener.ts';

export type { Dialer } from './domain/dialer.ts';

export interface TunnelGatewayOptions {
  readonly gatewayId: string;
  readonly hubId: string;
  readonly bus: Bus;
  readonly sessions: Sessions;
  readonly logger: Logger;
  /** The announcements of the hub’s identity keys, as they are now; absent: there are none. */
  readonly announcements?: () => readonly string[];
  /** Where auth-proxies and other gateways connect; absent: in one process with the only auth-proxy. */
  readonly hop?: { readonly host: string; readonly port: number; readonly advertise?: string; readonly tls: HopTls };
}

export interface TunnelGateway {
  /** For mounting at `/v1/connect`. */
  readonly connect: Route;
  /** Opens streams to clusters; in one process auth-proxy uses it directly. */
  readonly dialer: Dialer;
  /** `host:port` of the hop listener. */
  readonly hopAddress: string | undefined;
  /** The announcements have changed: every agent is told. */
  announce(): void;
  close(): Promise<void>;
}

/** How long the gateway waits for fleet-api's word on a new agent. */
const enrolTimeoutMs = 5_000;

/** Starts a gateway; it serves agents where its `connect` route is mounted. Close stops in reverse order of opening. */
export async function startTunnelGateway(options: TunnelGatewayOptions): Promise<TunnelGateway> {
  const { bus, gatewayId, hubId, logger, announcements = () => [] } = options;
  const agents = new AgentSessions();
  const directory = new TunnelDirectory(options.sessions);
  const clusters = await ClusterView.open(bus, {
    onRevoked: (uid, key) =>
      agents.closeWhere(
        entry => entry.clusterUid === uid && (key === undefined || entry.publicKey === key),
        'revoked',
        'the cluster or the agent’s key was removed',
      ),
    logger,
  });

  const peers = new HopPool({
    dial: (peer, signal) => {
      if (options.hop === undefined) throw new Error('a gateway without a hop listener has no peers');
      return dialHop(
        peer.hopAddress,
        options.hop.tls,
        certificate => serviceOfCertificate(certificate) === 'tunnel-gateway',
        signal,
      );
    },
    onDefect: error => logger.error({ err: error }, 'a defect in a session between services'),
    onLost: (peer, reason, retryMs) =>
      logger.debug({ peer: peer.id, reason, retryMs }, 'no session to another gateway'),
  });
  const router = new Router({
    localSessions: clusterUid => agents.of(clusterUid),
    peerSessions: clusterUid =>
      directory.view.gatewaysOf(clusterUid).flatMap(id => (id === gatewayId ? [] : (peers.session(id) ?? []))),
  });

  let listener: HopListener | undefined;
  let hopAddress: string | undefined;
  if (options.hop !== undefined) {
    listener = await listenForHops({ ...options.hop, gatewayId, hubId, dialer: router, logger });
    hopAddress = options.hop.advertise ?? `${options.hop.host}:${listener.port}`;
    directory.view.onChange(() => peers.reconcile(directory.view.gateways().filter(({ id }) => id !== gatewayId)));
  }
  await directory.announceGateway({ id: gatewayId, hopAddress: hopAddress ?? '' });
  const events = bus.subscribe(subjects.allTunnelEvents, (body, subject) => directory.observe(subject, body));

  const publish = (
    happened: 'opened' | 'closed',
    entry: AgentSession,
    cluster: string,
    join: Join,
    reason?: string,
  ): void => {
    const body: TunnelEventBody = {
      cluster,
      clusterUid: entry.clusterUid,
      session: entry.id,
      gateway: gatewayId,
      agentVersion: join.agentVersion,
      kubernetesVersion: join.kubernetesVersion,
      at: new Date().toISOString(),
      ...(reason === undefined ? {} : { reason }),
    };
    logger.info({ cluster, session: entry.id, reason }, `tunnel ${happened}`);
    bus
      .append(subjects.clusterEvent(cluster, 'tunnel', happened), body, { msgId: `${entry.id}.${happened}` })
      .catch((error: unknown) =>
        logger.warn({ err: error, cluster }, `the event that a tunnel was ${happened} could not be kept`),
      );
  };

  const connect = connectRoute({
    gatewayId,
    hubId,
    sessions: agents,
    logger,
    announcements,
    sources: {
      clusterByUid: uid => clusters.byUid(uid),
      enrol: (request: EnrolRequest) =>
        bus.request<EnrolReply>(subjects.rpc('fleet-api', 'enrol'), request, { timeoutMs: enrolTimeoutMs }),
    },
    onOpened: (entry, cluster, join) => {
      void directory.put({
        session: entry.id,
        cluster,
        clusterUid: entry.clusterUid,
        gateway: gatewayId,
        agentVersion: join.agentVersion,
        kubernetesVersion: join.kubernetesVersion,
        openedAt: new Date().toISOString(),
      });
      publish('opened', entry, cluster, join);
    },
    onClosed: (entry, cluster, join, reason) => {
      void directory.remove(entry.id);
      publish('closed', entry, cluster, join, reason);
    },
  });

  return {
    connect,
    dialer: router,
    hopAddress,
    announce: () => {
      for (const { session } of agents.all()) announceKeys(session, announcements());
    },
    close: async () => {
      events.unsubscribe();
      agents.closeWhere(() => true, 'shutdown', 'the gateway stops');
      await listener?.close();
      await peers.close();
      await clusters.close();
      await directory.close();
    },
  };
}
