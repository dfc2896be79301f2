import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createSecureServer,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DroverError, statusOf } from '@drover/errors';
import { AddressCounts } from './address-counts.ts';
import { closeServer, OpenSockets } from './open-sockets.ts';
import type { PlainHandler } from './plain-connection.ts';
import { servePlainly } from './plain-door.ts';

/** Bounds of the front door. */
export const frontDoorLimits = Object.freeze({
  /** All headers of a request; kube-apiserver's clients send under 16 KiB. */
  maxHeaderBytes: 32 * 1024,
  /** From the first byte of a request to the end of its headers: a slow sender holds a connection no longer. */
  headersTimeoutMs: 30_000,
  /** An idle HTTP/1.1 connection is kept as long as kubectl keeps it. */
  keepAliveTimeoutMs: 95_000,
  /** TCP keepalive, and HTTP/2 PING, on a quiet connection: below the 60 s at which load balancers cut (T32). */
  keepAliveProbeMs: 30_000,
  /** Concurrent streams of one HTTP/2 connection; as kube-apiserver. */
  maxConcurrentStreams: 250,
  /** What an HTTP/2 client may send on a stream, and on the connection, before it is read. */
  streamWindowBytes: 256 * 1024,
  connectionWindowBytes: 1024 * 1024,
  /** Open connections: each costs a descriptor and some 50 KiB; beyond, new ones are closed at once. */
  maxConnections: 16_384,
  /** Of one address. Half, since a company's users, or all that a load balancer passes on, come from one. */
  maxConnectionsPerAddress: 8_192,
  /** What an HTTP/1.1 client may send ahead of its answers. */
  maxAheadBytes: 64 * 1024,
});

/** A request and its answer in the form of node:http; HTTP/2 comes in node's compatible classes. */
export type CompatRequest = IncomingMessage | Http2ServerRequest;
export type CompatResponse = ServerResponse | Http2ServerResponse;

/** What serves the requests under a prefix. */
export interface Route {
  request(request: CompatRequest, response: CompatResponse): void;
  /** A plain HTTP/1.1 request (all head, GET as a rule) on the quick way; absent: `request` gets it. */
  plain?: PlainHandler;
  /** HTTP/2 by the stream API, which costs 40 % less than the compatible one; absent: `request` gets it. */
  stream?(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: string[]): void;
  /** An HTTP/1.1 request that asks to switch protocols; absent: refused. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface FrontDoorOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** Hears of what was refused before a route saw it: no route, or bytes that are no request (method and target are ''). */
  readonly onRefused?: (
    call: { readonly method: string; readonly target: string; readonly sourceAddress: string },
    error: DroverError,
  ) => void;
  /** Default: {@link frontDoorLimits}' own. */
  readonly maxConnectionsPerAddress?: number;
}

/** One TLS port: HTTP/1.1 and HTTP/2 by ALPN, and upgrades. */
export interface FrontDoor {
  readonly host: string;
  readonly port: number;
  /** Serves `prefix` (`/` is everything else); the first mounted prefix that matches wins. */
  mount(prefix: string, route: Route): void;
  /** Stops listening, lets requests in flight end until the deadline, then cuts. */
  close(deadlineMs?: number): Promise<void>;
}

const matches = (path: string, prefix: string): boolean =>
  prefix.endsWith('/')
    ? path.startsWith(prefix)
    : path.startsWith(prefix) && (path.length === prefix.length || '/?'.includes(path.charAt(prefix.length)));

/** Opens the front door. Rejects with the listen error (`EADDRINUSE` and so on) as its cause. */
export async function openFrontDoor(options: FrontDoorOptions): Promise<FrontDoor> {
  const routes: { prefix: string; route: Route }[] = [];
  const routeOf = (path: string | undefined): Route | undefined =>
    routes.find(({ prefix }) => path !== undefined && matches(path, prefix))?.route;

  const server = createSecureServer({
    allowHTTP1: true,
    cert: options.cert,
    key: options.key,
    minVersion: 'TLSv1.2',
    maxHeaderSize: frontDoorLimits.maxHeaderBytes,
    keepAlive: true,
    keepAliveInitialDelay: frontDoorLimits.keepAliveProbeMs,
    noDelay: true,
    headersTimeout: frontDoorLimits.headersTimeoutMs,
    strictSingleValueFields: false, // what a cluster's answer repeats is passed on as it is
    requestTimeout: 0, // an upload through `kubectl` may take as long as it takes
    keepAliveTimeout: frontDoorLimits.keepAliveTimeoutMs,
    settings: {
      maxConcurrentStreams: frontDoorLimits.maxConcurrentStreams,
      initialWindowSize: frontDoorLimits.streamWindowBytes,
      maxHeaderListSize: frontDoorLimits.maxHeaderBytes,
    },
  } as Parameters<typeof createSecureServer>[0]);

  server.maxConnections = frontDoorLimits.maxConnections;
  const connections = new AddressCounts(options.maxConnectionsPerAddress ?? frontDoorLimits.maxConnectionsPerAddress);
  server.on('connection', (socket: Socket) => {
    const release = connections.take(socket.remoteAddress ?? '');
    if (release === undefined) socket.destroy();
    else socket.once('close', release);
  });
  const open = new OpenSockets(server);
  const refused = (request: CompatRequest | undefined, socket: Socket, error: DroverError): DroverError => {
    const { method = '', url: target = '' } = request ?? {};
    options.onRefused?.({ method, target, sourceAddress: socket.remoteAddress ?? '' }, error);
    return error;
  };
  const plain = servePlainly(server, {
    maxHeadBytes: frontDoorLimits.maxHeaderBytes,
    maxAheadBytes: frontDoorLimits.maxAheadBytes,
    idleTimeoutMs: frontDoorLimits.keepAliveTimeoutMs,
    handlerOf: target => routeOf(target)?.plain,
  });

  const onRequest = (request: CompatRequest, response: CompatResponse): void => {
    const route = routeOf(request.url);
    if (route === undefined) {
      const error = new DroverError('not-found', `nothing is served at ${request.url}`);
      return refuse(response, refused(request, request.socket as Socket, error));
    }
    route.request(request, response);
  };
  server.on('request', onRequest);
  // `request` has put node's compatible layer on HTTP/2 streams; they go to the quicker handler where a route has one.
  server.removeAllListeners('stream');
  server.on(
    'stream',
    (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, rawHeaders: string[]) => {
      stream.on('error', () => {}); // a stream that the client resets; whoever serves it hears `close`
      if (headers.expect?.toLowerCase() === '100-continue') stream.additionalHeaders({ ':status': 100 });
      const route = routeOf(headers[':path']);
      if (route?.stream !== undefined) return route.stream(stream, headers, rawHeaders);
      onRequest(new Http2ServerRequest(stream, headers, {}, rawHeaders), new Http2ServerResponse(stream));
    },
  );
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const route = routeOf(request.url);
    if (route?.upgrade !== undefined) return route.upgrade(request, socket, head);
    const error = new DroverError('bad-request', `${request.url} does not switch protocols`);
    refuseSocket(socket, refused(request, socket, error));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable) return void socket.destroy(); // the client left in the middle of a request
    const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
    const refusal = new DroverError(tooLarge ? 'headers-too-large' : 'bad-request', undefined, { cause: error });
    refuseSocket(socket, refused(undefined, socket, refusal));
  });
  server.on('session', (session: ServerHttp2Session) => {
    session.setLocalWindowSize(frontDoorLimits.connectionWindowBytes);
    const ping = setInterval(
      () => session.ping(error => error !== null && session.destroy()),
      frontDoorLimits.keepAliveProbeMs,
    );
    ping.unref();
    session.on('error', () => session.destroy());
    session.once('close', () => clearInterval(ping));
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', cause =>
      reject(
        new DroverError('config-invalid', `cannot listen on ${options.host}:${options.port}: ${cause.message}`, {
          cause,
        }),
      ),
    );
    server.listen(options.port, options.host, resolve);
  });

  return {
    host: options.host,
    port: (server.address() as AddressInfo).port,
    mount: (prefix, route) => void routes.push({ prefix, route }),
    close: (deadlineMs = 2_000) => {
      plain.close();
      return closeServer(server, open, deadlineMs);
    },
  };
}

/** Answers a request with the `Status` of an error. An answer that has begun is cut instead: it cannot become another. */
export function refuse(response: CompatResponse, error: DroverError): void {
  if (response.headersSent) {
    if (!response.writableEnded) (response as ServerResponse).destroy(error);
    return;
  }
  const body = JSON.stringify(statusOf(error));
  response.statusCode = error.entry.httpStatus;
  response.setHeader('content-type', 'application/json');
  response.setHeader('content-length', Buffer.byteLength(body));
  response.end(body);
}

/** Answers on a raw socket (a failed upgrade, or bytes that are no request) and closes it. */
export function refuseSocket(socket: Duplex, error: DroverError): void {
  if (!socket.writable) return void socket.destroy();
  const body = JSON.stringify(statusOf(error));
  const { httpStatus, reason } = error.entry;
  socket.end(
    `HTTP/1.1 ${httpStatus} ${reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
