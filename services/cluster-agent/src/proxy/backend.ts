import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Cancel, type Clock, every, systemClock } from '@drover/async';
import type { KubeEndpoint } from '@drover/kube';
import { ApiConnection, type ConnectionOwner } from './api-connection.ts';

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
 * The kube-apiserver's connections, HTTP/1.1 with keep-alive. Each request has one of its own while it lasts, so that a
 * thousand watches and one slow answer take nothing from the others (T21); how many there can be is bounded by the streams of
 * the tunnels. The one that was used last is used next: the rest grow old and are closed.
 */
export class Backend implements ConnectionOwner {
  readonly endpoint: KubeEndpoint;
  readonly token: BackendOptions['token'];
  readonly clock: Clock;
  readonly #all = new Set<ApiConnection>();
  readonly #idle: { readonly connection: ApiConnection; readonly sinceMs: number }[] = [];
  readonly #cancelCheck: Cancel;
  /** The last TLS session, which spares the next connection half of its handshake. */
  #tlsSession: Buffer | undefined;

  constructor({ endpoint, token, clock = systemClock }: BackendOptions) {
    this.endpoint = endpoint;
    this.token = token;
    this.clock = clock;
    this.#cancelCheck = every(clock, backendLimits.idleCheckMs, () => this.#closeOld());
  }

  /** A connection for one request. `fresh`: one that no answer has come over. */
  take(fresh = false): ApiConnection {
    return (fresh ? undefined : this.#idle.pop()?.connection) ?? this.#connect();
  }

  onFree(connection: ApiConnection): void {
    if (this.#idle.length < backendLimits.idleConnections) this.#idle.push({ connection, sinceMs: this.clock.now() });
    else connection.destroy();
  }

  onGone(connection: ApiConnection): void {
    this.#all.delete(connection);
    const at = this.#idle.findIndex(idle => idle.connection === connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  /** A request that was sent at `sentAtMs` was given up without an answer. */
  gaveUp(sentAtMs: number): void {
    if (this.clock.now() - sentAtMs < backendLimits.silentMs) return;
    for (const { connection } of this.#idle.splice(0)) connection.destroy();
  }

  close(): void {
    this.#cancelCheck();
    for (const connection of this.#all) connection.destroy();
  }

  #closeOld(): void {
    const before = this.clock.now() - backendLimits.idleConnectionMs;
    // The oldest stand first.
    while ((this.#idle[0]?.sinceMs ?? Number.POSITIVE_INFINITY) < before) this.#idle.shift()?.connection.destroy();
  }

  #connect(): ApiConnection {
    const socket = this.#dial();
    const timeout = setTimeout(
      () => socket.destroy(new Error(`no connection within ${backendLimits.connectTimeoutMs} ms`)),
      backendLimits.connectTimeoutMs,
    );
    const connected = (): void => clearTimeout(timeout);
    socket.once('connect', () => {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, backendLimits.keepAliveProbeMs);
    });
    socket.once(this.endpoint.url.protocol === 'https:' ? 'secureConnect' : 'connect', connected);
    socket.once('close', connected);
    const connection = new ApiConnection(socket, this, backendLimits.maxAnswerHeaderBytes);
    this.#all.add(connection);
    return connection;
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
