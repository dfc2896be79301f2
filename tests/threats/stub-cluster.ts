import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { KubeEndpoint } from '@drover/kube';

/** A request as the stub got it. */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  /** Names in lower case; every value, in the order of the wire. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Grows as the body comes. */
  readonly body: { bytes: number; complete: boolean };
}

type Serve = (request: IncomingMessage, response: ServerResponse) => void;
type Switch = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A TLS server in a kube-apiserver's place, for faults that a real one does not show. */
export interface StubCluster extends AsyncDisposable {
  readonly port: number;
  readonly endpoint: KubeEndpoint;
  readonly seen: SeenRequest[];
  /** Connections that are open now. */
  readonly connections: ReadonlySet<Socket>;
  /** How it answers from now on; default: 200 and `{}`. */
  serve(answer: Serve): void;
  /** How it answers requests to switch protocols from now on; default: 101, then an echo. */
  switch(answer: Switch): void;
}

/** The bytes with which a WebSocket or SPDY server begins. */
export const switched = (protocol = 'SPDY/3.1'): string =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${protocol}\r\nConnection: Upgrade\r\n\r\n`;

export async function startStubCluster(tls: { cert: string; key: string; ca: string }): Promise<StubCluster> {
  const seen: SeenRequest[] = [];
  const connections = new Set<Socket>();
  const plain: Serve = (_request, response) => response.setHeader('content-type', 'application/json').end('{}');
  let serve = plain;
  let onSwitch: Switch = (request, socket, head) => {
    socket.write(switched(request.headers.upgrade));
    socket.unshift(head);
    socket.pipe(socket);
  };
  const record = (request: IncomingMessage): SeenRequest => {
    const headers: Record<string, string[]> = {};
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      const name = (request.rawHeaders[at] ?? '').toLowerCase();
      headers[name] = [...(headers[name] ?? []), request.rawHeaders[at + 1] ?? ''];
    }
    const one = {
      method: request.method ?? '',
      target: request.url ?? '',
      headers,
      body: { bytes: 0, complete: false },
    };
    seen.push(one);
    return one;
  };
  const server = createServer({ cert: tls.cert, key: tls.key, keepAliveTimeout: 60_000 }, (request, response) => {
    const { body } = record(request);
    request.on('data', (chunk: Buffer) => {
      body.bytes += chunk.length;
    });
    request.on('end', () => {
      body.complete = true;
    });
    request.on('error', () => {});
    serve(request, response);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    record(request);
    socket.on('error', () => {});
    onSwitch(request, socket, head);
  });
  server.on('secureConnection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    endpoint: {
      url: new URL(`https://127.0.0.1:${port}`),
      host: '127.0.0.1',
      port,
      basePath: '',
      tls: { ca: tls.ca, rejectUnauthorized: true },
    },
    seen,
    connections,
    serve: answer => {
      serve = answer;
    },
    switch: answer => {
      onSwitch = answer;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise(resolve => server.close(resolve));
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}
