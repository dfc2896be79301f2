import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Clock, systemClock } from '@drover/async';
import { type ClientConnection, ConnectionPool } from '@drover/http1';
import type { KubeEndpoint } from '@drover/kube';

/** How the agent reaches the kube-apiserver. */
export interface BackendOptions {
  readonly endpoint: KubeEndpoint;
  /** The impersonating ServiceAccount's token (T3: never another credential). */
  readonly token: { current(): string; refused(token: string): void };
  readonly clock?: Clock;
}

/** Bounds of the agent's connections to the kube-apiserver. */
export const backendLimits = Object.freeze({
  connectTimeoutMs: 5_000,
  /** kube-apiserver keeps idle connections longer; a connection that it has closed meanwhile costs a retry. */
  idleConnectionMs: 60_000,
  /** How often idle connections are looked at. */
  idleCheckMs: 15_000,
  /** Unanswered for so long and then given up: a sign that the network, and not the kube-apiserver, is silent. */
  silentMs: 10_000,
  /** Connections that are kept idle; more are closed when their answer is whole. */
  idleConnections: 256,
  keepAliveProbeMs: 30_000,
  /** kube-apiserver's answers carry few headers; its own limit for requests is 1 MiB. */
  maxAnswerHeaderBytes: 32 * 1024,
});

/**
 * The kube-apiserver's connections: each request has one of its own while it lasts (T21); how many there can be is bounded by
 * the streams of the tunnels.
 */
export class Backend {
  readonly endpoint: KubeEndpoint;
  readonly token: BackendOptions['token'];
  readonly clock: Clock;
  readonly #pool: ConnectionPool;
  /** The last TLS session, which spares the next connection half of its handshake. */
  #tlsSession: Buffer | undefined;

  constructor({ endpoint, token, clock = systemClock }: BackendOptions) {
    this.endpoint = endpoint;
    this.token = token;
    this.clock = clock;
    this.#pool = new ConnectionPool({ dial: () => this.#dial(), limits: backendLimits, clock });
  }

  /** A connection for one request. `fresh`: one that no answer has come over. */
  take(fresh = false): ClientConnection {
    return this.#pool.take(fresh);
  }

  /** A request that was sent at `sentAtMs` was given up without an answer. */
  gaveUp(sentAtMs: number): void {
    if (this.clock.now() - sentAtMs >= backendLimits.silentMs) this.#pool.closeIdle();
  }

  close(): void {
    this.#pool.close();
  }

  #dial(): Socket {
    const { endpoint } = this;
    const { host, port } = endpoint;
    if (endpoint.url.protocol !== 'https:') return connectTcp({ host, port });
    const session = this.#tlsSession;
    const socket = connectTls({
      ...endpoint.tls,
      host,
      port,
      ALPNProtocols: ['http/1.1'],
      ...(session === undefined ? {} : { session }),
    });
    socket.on('session', (next: Buffer) => {
      this.#tlsSession = next;
    });
    return socket;
  }
}
