import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type Cancel, type Clock, every } from '@drover/async';
import { ClientConnection, type ConnectionOwner } from './client-connection.ts';

/** Bounds of a {@link ConnectionPool}. */
export interface ConnectionPoolLimits {
  readonly connectTimeoutMs: number;
  /** Below what the server keeps idle connections; one that it has closed meanwhile costs a retry. */
  readonly idleConnectionMs: number;
  /** How often idle connections are looked at. */
  readonly idleCheckMs: number;
  /** Connections that are kept idle; more are closed when their answer is whole. */
  readonly idleConnections: number;
  /** TCP keepalive on a quiet connection. */
  readonly keepAliveProbeMs: number;
  readonly maxAnswerHeaderBytes: number;
}

/** What a {@link ConnectionPool} is given. */
export interface ConnectionPoolOptions {
  /** Begins to connect. */
  readonly dial: () => Socket;
  readonly limits: ConnectionPoolLimits;
  readonly clock: Clock;
}

/**
 * Connections to one server, HTTP/1.1 with keep-alive. Each request has one of its own while it lasts, so that a thousand
 * watches and one slow answer take nothing from the others; whoever asks bounds how many there are. The one that was used
 * last is used next: the rest grow old and are closed.
 */
export class ConnectionPool implements ConnectionOwner {
  readonly #options: ConnectionPoolOptions;
  readonly #all = new Set<ClientConnection>();
  readonly #idle: { readonly connection: ClientConnection; readonly sinceMs: number }[] = [];
  readonly #cancelCheck: Cancel;

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
    this.#cancelCheck = every(options.clock, options.limits.idleCheckMs, () => this.#closeOld());
  }

  /** A connection for one request. `fresh`: one that no answer has come over. */
  take(fresh = false): ClientConnection {
    return (fresh ? undefined : this.#idle.pop()?.connection) ?? this.#connect();
  }

  onFree(connection: ClientConnection): void {
    const { limits, clock } = this.#options;
    if (this.#idle.length < limits.idleConnections) this.#idle.push({ connection, sinceMs: clock.now() });
    else connection.destroy();
  }

  onGone(connection: ClientConnection): void {
    this.#all.delete(connection);
    const at = this.#idle.findIndex(idle => idle.connection === connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  /** Closes those that no request is on. */
  closeIdle(): void {
    for (const { connection } of this.#idle.splice(0)) connection.destroy();
  }

  close(): void {
    this.#cancelCheck();
    for (const connection of this.#all) connection.destroy();
  }

  #closeOld(): void {
    const { clock, limits } = this.#options;
    const before = clock.now() - limits.idleConnectionMs;
    // The oldest stand first.
    while ((this.#idle[0]?.sinceMs ?? Number.POSITIVE_INFINITY) < before) this.#idle.shift()?.connection.destroy();
  }

  #connect(): ClientConnection {
    const { dial, limits } = this.#options;
    const socket = dial();
    const timeout = setTimeout(
      () => socket.destroy(new Error(`no connection within ${limits.connectTimeoutMs} ms`)),
      limits.connectTimeoutMs,
    );
    const connected = (): void => clearTimeout(timeout);
    socket.once('connect', () => {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, limits.keepAliveProbeMs);
    });
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', connected);
    socket.once('close', connected);
    const connection = new ClientConnection(socket, this, limits.maxAnswerHeaderBytes);
    this.#all.add(connection);
    return connection;
  }
}
