import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { AttemptLimiter, type Clock, systemClock } from '@drover/async';
import type { EnrolReply } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import {
  AddressCounts,
  addressKey,
  type CompatRequest,
  type CompatResponse,
  type Route,
  refuse,
  refuseSocket,
} from '@drover/service-kit';
import type { Logger } from '@drover/telemetry';
import {
  commonFeatures,
  features,
  type IdentityKeys,
  type Join,
  maxMessageBytes,
  readHandshake,
  type StreamHandler,
  TunnelSession,
  tunnelSubprotocol,
  versions,
  WebSocketTransport,
} from '@drover/tunnel';
import { WebSocketServer } from 'ws';
import { type AdmissionSources, admitAgent } from './admission.ts';
import type { AgentSession, AgentSessions } from './agent-sessions.ts';

/** Connections that have not shown who they are yet; more are turned away, so that strangers cost a bounded amount. */
const maxUnadmitted = 1024;
/** Of one address: a quarter, so that one stranger does not take the places of all agents. */
const maxUnadmittedPerAddress = 256;
/** Join tokens that were refused to one address within a minute; fleet-api is asked for no more (T13). */
const refusedJoins = { maxFailures: 60, windowMs: 60_000, maxKeys: 10_000 };

export interface ConnectOptions {
  readonly gatewayId: string;
  readonly hubId: string;
  readonly sessions: AgentSessions;
  readonly sources: AdmissionSources;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** The announcements of the hub’s identity keys, for each agent that is admitted. */
  announcements(): readonly string[];
  onOpened(entry: AgentSession, cluster: string, join: Join): void;
  onClosed(entry: AgentSession, cluster: string, join: Join, reason: string): void;
}

/** `GET /v1/connect`: upgrades agents to the tunnel and admits them. */
export function connectRoute(options: ConnectOptions): Route {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    handleProtocols: protocols => (protocols.has(tunnelSubprotocol) ? tunnelSubprotocol : false),
  });
  let unadmitted = 0;
  const byAddress = new AddressCounts(maxUnadmittedPerAddress);
  const joins = new AttemptLimiter(options.clock ?? systemClock, refusedJoins);
  return {
    request: (_request: CompatRequest, response: CompatResponse) =>
      refuse(response, new DroverError('bad-request', 'agents connect here by WebSocket')),
    upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.headers['sec-websocket-protocol'] !== tunnelSubprotocol) {
        return refuseSocket(
          socket,
          new DroverError('bad-request', `the WebSocket subprotocol must be ${tunnelSubprotocol}`),
        );
      }
      const address = request.socket.remoteAddress ?? '';
      const release = unadmitted < maxUnadmitted ? byAddress.take(address) : undefined;
      if (release === undefined) return refuseSocket(socket, new DroverError('too-many-requests'));
      unadmitted++;
      let counted = true;
      const settled = (): void => {
        if (counted) unadmitted--;
        counted = false;
        release();
      };
      socket.once('close', settled);
      sockets.handleUpgrade(request, socket, head, webSocket =>
        serveAgent(
          new WebSocketTransport(webSocket),
          { ...options, sources: { ...options.sources, enrol: limited(joins, address, options.sources) } },
          settled,
        ),
      );
    },
  };
}

/** Asks fleet-api of join tokens, unless too many of this address were refused. Throws `too-many-requests`. */
function limited(joins: AttemptLimiter, address: string, sources: AdmissionSources): AdmissionSources['enrol'] {
  return async request => {
    let reply: EnrolReply = { outcome: 'refused', code: 'join-token-invalid' };
    await joins.run(addressKey(address), async () => {
      reply = await sources.enrol(request);
      return reply.outcome !== 'refused';
    });
    return reply;
  };
}

function serveAgent(transport: WebSocketTransport, options: ConnectOptions, settled: () => void): void {
  const nonce = randomBytes(32).toString('base64url');
  let admission: { entry: AgentSession; cluster: string; join: Join } | undefined;
  let asked = false;
  const session: TunnelSession = new TunnelSession({
    transport,
    role: 'acceptor',
    events: {
      onControl: raw => {
        const message = readHandshake(raw);
        if (asked || message?.type !== 'join') return session.close('protocol', 'a handshake message out of place');
        asked = true;
        void admit(message);
      },
      onOpen: stream => {
        stream.reset('protocol', 'agents open no streams in this version');
        return ignored;
      },
      onIdentity: () => session.close('protocol', 'agents name no identities'),
      onDefect: error => options.logger.error({ err: error }, 'a defect while serving an agent'),
      onState: state => {
        if (state.name !== 'closed') return;
        settled();
        if (admission === undefined) return;
        const { entry, cluster, join } = admission;
        options.sessions.remove(entry);
        options.onClosed(entry, cluster, join, state.reason.message || state.reason.code);
      },
    },
  });
  session.control({ type: 'hello', versions, features, nonce, hub: options.hubId, gateway: options.gatewayId });

  async function admit(join: Join): Promise<void> {
    if (!versions.includes(join.version))
      return session.close('version-unsupported', `this hub speaks ${versions.join(', ')}`);
    try {
      const outcome = await admitAgent(join, nonce, options.hubId, options.sources);
      if (session.state.name === 'closed') return;
      if (!outcome.admitted) {
        options.logger.warn({ clusterUid: join.clusterUid, code: outcome.refusal.code }, 'an agent was not admitted');
        return session.close(outcome.refusal.code, outcome.refusal.message);
      }
      const entry = { id: randomUUID(), clusterUid: join.clusterUid, publicKey: join.publicKey, session };
      admission = { entry, cluster: outcome.cluster, join };
      settled();
      session.control({ type: 'welcome', session: entry.id, features: commonFeatures(join.features) });
      session.admit();
      announceKeys(session, options.announcements());
      options.sessions.add(entry);
      options.onOpened(entry, outcome.cluster, join);
    } catch (error) {
      if (error instanceof DroverError && error.code === 'too-many-requests')
        return session.close('not-admitted', 'too many join tokens of this address were refused; try again later');
      options.logger.error({ err: error }, 'an agent could not be admitted');
      session.close('internal', 'the hub could not decide; try again');
    }
  }
}

/** Before any stream that is opened after it: an agent that was away learns of a new key before it sees its signature. */
export function announceKeys(session: TunnelSession, announcements: readonly string[]): void {
  if (announcements.length === 0) return;
  const message: IdentityKeys = { type: 'identity-keys', announcements };
  session.control(message);
}

const ignored: StreamHandler = { onHead() {}, onData() {}, onEnd() {}, onReset() {} };
