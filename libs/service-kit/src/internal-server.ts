import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { serviceOfCertificate } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { closeServer, OpenSockets } from './open-sockets.ts';
import type { PlainHandler } from './plain-connection.ts';
import { servePlainly } from './plain-door.ts';

/** Where and for whom a service listens inside the hub. */
export interface InternalServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** PEM of the hub's internal CA, and this service's certificate and key of it. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** The services that may connect, such as `auth-proxy`. */
  readonly allow: readonly string[];
}

/** A running internal server. */
export interface InternalServer {
  readonly host: string;
  readonly port: number;
  /** Stops listening, lets requests in flight end until the deadline, then cuts. */
  close(deadlineMs?: number): Promise<void>;
}

/** All headers of a request: a client's, which the front door has bounded, and an identity assertion. */
const maxHeaderBytes = 96 * 1024;
/** Callers pool their connections; a quiet one outlives their longest pause between two requests. */
const keepAliveTimeoutMs = 95_000;
/** TCP keepalive on a quiet connection: watches are long and silent (T32). */
const keepAliveProbeMs = 30_000;
/** What a caller may send ahead of its answers; its pool sends nothing. */
const maxAheadBytes = 64 * 1024;

/** Who serves requests: `plain`, where it is there, the plain ones to targets that it `takes`. */
export interface InternalHandlers {
  readonly request: (request: IncomingMessage, response: ServerResponse) => void;
  readonly plain?: { readonly takes: (target: string) => boolean; readonly serve: PlainHandler };
}

/**
 * HTTPS among the hub's services: mutual TLS by the internal CA, and the peer is one of `allow` by its certificate's URI.
 * Everybody else is cut off before a request is read.
 */
export async function listenInternal(
  options: InternalServerOptions,
  { request, plain }: InternalHandlers,
): Promise<InternalServer> {
  const { host, ca, cert, key, allow } = options;
  const server = createServer({
    ca,
    cert,
    key,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    maxHeaderSize: maxHeaderBytes,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveProbeMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    requestTimeout: 0, // the front door bounds how long a client may take
  });
  const isAllowed = (socket: TLSSocket): boolean => {
    const service = socket.authorized ? serviceOfCertificate(socket.getPeerCertificate()) : undefined;
    return service !== undefined && allow.includes(service);
  };
  const plainly =
    plain &&
    servePlainly(server, {
      maxHeadBytes: maxHeaderBytes,
      maxAheadBytes,
      idleTimeoutMs: keepAliveTimeoutMs,
      handlerOf: target => (plain.takes(target) ? plain.serve : undefined),
    });
  // Before the HTTP layer's own listener, so that no byte of a stranger's is parsed.
  server.prependListener('secureConnection', socket => {
    if (!isAllowed(socket)) socket.destroy();
  });
  server.on('request', request);
  const open = new OpenSockets(server);
  await new Promise<void>((resolve, reject) => {
    const refuse = (cause: Error): void =>
      reject(
        new DroverError('config-invalid', `cannot listen on ${host}:${options.port}: ${cause.message}`, { cause }),
      );
    server.once('error', refuse);
    server.listen(options.port, host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
  return {
    host,
    port: (server.address() as AddressInfo).port,
    close: (deadlineMs = 2_000) => {
      plainly?.close();
      return closeServer(server, open, deadlineMs);
    },
  };
}
