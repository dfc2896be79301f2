import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  decodeResponseHead,
  encodeRequestHead,
  type HandshakeMessage,
  openFlag,
  type RequestHead,
  readHandshake,
  TunnelSession,
  tunnelSubprotocol,
  versions,
  WebSocketTransport,
} from '@drover/tunnel';
import { WebSocketServer } from 'ws';

/** An answer that came through a tunnel. */
export interface TunnelAnswer {
  readonly status: number;
  readonly text: string;
}

/** How a gateway presents itself, and what it asks of an agent. */
export interface EvilGateway extends AsyncDisposable {
  readonly url: string;
  /** Everything that agents have said before they were admitted. */
  readonly heard: HandshakeMessage[];
  /** Connections that were upgraded. */
  readonly connections: number;
  /** The session of the agent that came last and was admitted. */
  session(): TunnelSession | undefined;
}

/**
 * Whoever has taken a gateway over: he holds its certificate, admits every agent, and sends it what he likes. He lacks the
 * key that signs identities.
 */
export async function startEvilGateway(options: {
  readonly certificate: { readonly cert: string; readonly key: string };
  /** The hub that it says to be. */
  readonly hubId: string;
}): Promise<EvilGateway> {
  const heard: HandshakeMessage[] = [];
  const all = new Set<TunnelSession>();
  let connections = 0;
  let latest: TunnelSession | undefined;
  const server = createServer(options.certificate);
  const sockets = new WebSocketServer({ server, handleProtocols: () => tunnelSubprotocol });
  sockets.on('connection', socket => {
    connections++;
    const session: TunnelSession = new TunnelSession({
      transport: new WebSocketTransport(socket),
      role: 'acceptor',
      events: {
        onControl: raw => {
          const message = readHandshake(raw);
          if (message === undefined) return;
          heard.push(message);
          session.control({ type: 'welcome', session: 'evil', features: [] });
          session.admit();
          latest = session;
        },
        onOpen: () => ignored,
        onIdentity: () => {},
        onState: state => {
          if (state.name === 'closed') all.delete(session);
        },
      },
    });
    all.add(session);
    session.control({ type: 'hello', versions, features: [], nonce: 'nonce', hub: options.hubId, gateway: 'evil' });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    get connections() {
      return connections;
    },
    session: () => (latest?.state.name === 'ready' ? latest : undefined),
    [Symbol.asyncDispose]: async () => {
      for (const session of all) session.close('shutdown');
      const closed = new Promise(resolve => server.close(resolve));
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Asks for something through a session: as a gateway does, for nobody where `assertion` is undefined. */
export function askThrough(
  session: TunnelSession,
  request: {
    readonly cluster: string;
    readonly assertion: string | undefined;
    readonly head?: Partial<RequestHead>;
    readonly upgrade?: boolean;
    /** As from a gateway that has forwarded it. */
    readonly forwarded?: boolean;
  },
): Promise<TunnelAnswer> {
  const { method = 'GET', target = '/api', headers = [] } = request.head ?? {};
  return new Promise((resolve, reject) => {
    let status = 0;
    let text = '';
    const opened = session.open(
      {
        cluster: request.cluster,
        flags: (request.upgrade ? openFlag.upgrade : 0) | (request.forwarded ? openFlag.forwarded : 0),
        assertion: request.assertion,
      },
      encodeRequestHead({ method, target, headers }),
      !request.upgrade,
      {
        onHead: payload => {
          status = decodeResponseHead(payload).status;
        },
        onData: chunk => {
          text += chunk.toString('utf8');
        },
        onEnd: () => resolve({ status, text }),
        onReset: reset => reject(new Error(`${reset.code}: ${reset.message}`)),
      },
    );
    if (opened === undefined) reject(new Error('the session takes no stream'));
  });
}

const ignored = { onHead() {}, onData() {}, onEnd() {}, onReset() {} };
