import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import {
  decodeRequestHead,
  decodeResponseHead,
  decodeRoute,
  encodeRequestHead,
  SocketTransport,
  type StreamHandler,
  type Transport,
  type TransportEvents,
  TunnelSession,
  type TunnelStream,
  WebSocketTransport,
} from '@drover/tunnel';
import { WebSocket, WebSocketServer } from 'ws';
import { alone, type Figure } from './figure.ts';
import type { BenchOptions } from './run.ts';

/** The tunnel alone, both ends in this process: what a request costs before anything of HTTP or of the hub. */

const answerBytes = 2 * 1024;
const bulkBytes = 64 * 1024 * 1024;
const writeBytes = 64 * 1024;
const target = { cluster: '0a1b2c3d-0000-4000-8000-000000000000', flags: 0, assertion: 'assertion' };
const requestHead = {
  method: 'GET',
  target: '/api/v1/namespaces/default/pods?limit=500',
  headers: ['user-agent', 'kubectl/v1.35.0 (linux/amd64)', 'accept', 'application/json', 'accept-encoding', 'gzip'],
};
const answerHead = { status: 200, headers: ['content-type', 'application/json', 'date', 'now', 'audit-id', 'none'] };
const body = Buffer.alloc(answerBytes, 'x');
const chunk = Buffer.alloc(writeBytes, 'x');

interface Wire {
  readonly initiator: Transport;
  readonly acceptor: Transport;
  close(): void;
}

/** Figures named `requests/s`, `CPU a request` and `MB/s` of the bare tunnel over each kind of transport. */
export async function benchTunnel(options: BenchOptions): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [kind, open] of [
    ['in memory', memoryWire],
    ['over TCP', socketWire],
    ['over a WebSocket', webSocketWire],
  ] as const) {
    options.report(`tunnel ${kind}`);
    const wire = await open();
    const hub = sessions(wire);
    const small = { perSecond: 0, cpuMicros: Number.POSITIVE_INFINITY };
    let bulk = 0;
    await requests(hub, 0.5); // warm
    for (let round = 0; round < options.rounds; round++) {
      const measured = await requests(hub, options.seconds);
      small.perSecond = Math.max(small.perSecond, measured.perSecond);
      small.cpuMicros = Math.min(small.cpuMicros, measured.cpuMicros);
      bulk = Math.max(bulk, await download(hub));
    }
    hub.close('shutdown');
    wire.close();
    figures.push(
      alone(`requests/s ${kind}`, '1/s', 'higher', { value: small.perSecond }),
      alone(`CPU a request ${kind}`, 'µs', 'lower', { value: small.cpuMicros }),
      alone(`MB/s ${kind}`, 'MB/s', 'higher', { value: bulk }),
    );
  }
  return figures;
}

/** The hub's end; the other answers a target of `/bulk` with much, and everything else with 2 KiB. */
function sessions(wire: Wire): TunnelSession {
  const silent = { onControl: () => {}, onIdentity: () => {}, onState: () => {} };
  const agent = new TunnelSession({
    transport: wire.acceptor,
    role: 'acceptor',
    events: {
      ...silent,
      onOpen: (stream, payload) => serve(stream, decodeRequestHead(payload, decodeRoute(payload).rest).target),
    },
  });
  const hub = new TunnelSession({
    transport: wire.initiator,
    role: 'initiator',
    events: { ...silent, onOpen: () => ({ onHead() {}, onData() {}, onEnd() {}, onReset() {} }) },
  });
  agent.admit();
  hub.admit();
  return hub;
}

function serve(stream: TunnelStream, path: string): StreamHandler {
  let left = path === '/bulk' ? bulkBytes : 0;
  const more = (): void => {
    while (left > 0) {
      left -= writeBytes;
      if (!stream.write(chunk)) break;
    }
    if (left === 0) stream.end();
  };
  const handler: StreamHandler = { onHead() {}, onData() {}, onEnd() {}, onReset() {}, onDrain: more };
  stream.respond(answerHead);
  if (left > 0) more();
  else {
    stream.write(body);
    stream.end();
  }
  return handler;
}

/** 32 callers, each asking again as soon as it was answered. */
async function requests(hub: TunnelSession, seconds: number): Promise<{ perSecond: number; cpuMicros: number }> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  const end = start + seconds * 1000;
  let answered = 0;
  await Promise.all(
    Array.from(
      { length: 32 },
      () =>
        new Promise<void>((resolve, reject) => {
          const ask = (): void => {
            let stream: TunnelStream | undefined;
            stream = hub.open(target, encodeRequestHead(requestHead), true, {
              onHead: payload => void decodeResponseHead(payload),
              onData: received => stream?.grant(received.length),
              onEnd: () => {
                answered++;
                if (performance.now() < end) ask();
                else resolve();
              },
              onReset: reset => reject(new Error(reset.code)),
            });
          };
          ask();
        }),
    ),
  );
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: answered / ((performance.now() - start) / 1000), cpuMicros: (user + system) / answered };
}

/** Four downloads of 64 MB at once; megabytes a second. */
async function download(hub: TunnelSession): Promise<number> {
  const start = performance.now();
  const head = encodeRequestHead({ ...requestHead, target: '/bulk' });
  await Promise.all(
    Array.from(
      { length: 4 },
      () =>
        new Promise<void>((resolve, reject) => {
          const stream = hub.open(target, head, true, {
            onHead() {},
            onData: received => stream?.grant(received.length),
            onEnd: resolve,
            onReset: reset => reject(new Error(reset.code)),
          });
        }),
    ),
  );
  return (4 * bulkBytes) / 1e6 / ((performance.now() - start) / 1000);
}

/** Hands what it is given to its peer in the next turn of the event loop. */
class MemoryTransport implements Transport {
  unsentBytes = 0;
  peer: MemoryTransport | undefined;
  events: TransportEvents | undefined;

  send(bytes: Buffer): void {
    this.unsentBytes += bytes.length;
    setImmediate(() => {
      this.unsentBytes -= bytes.length;
      this.peer?.events?.onBytes(bytes);
      this.events?.onDrain();
    });
  }

  start(events: TransportEvents): void {
    this.events = events;
  }

  close(): void {
    this.events?.onClose();
  }

  destroy(): void {
    this.events?.onClose();
  }
}

async function memoryWire(): Promise<Wire> {
  const initiator = new MemoryTransport();
  const acceptor = new MemoryTransport();
  [initiator.peer, acceptor.peer] = [acceptor, initiator];
  return { initiator, acceptor, close: () => {} };
}

async function socketWire(): Promise<Wire> {
  const server = createServer({ noDelay: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted: Promise<[Socket]> = once(server, 'connection') as Promise<[Socket]>;
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true });
  const [socket] = await accepted;
  return {
    initiator: new SocketTransport(client),
    acceptor: new SocketTransport(socket),
    close: () => server.close(),
  };
}

/** As between agent and gateway, without TLS: the agent is the WebSocket's client, which masks what it sends. */
async function webSocketWire(): Promise<Wire> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[WebSocket]>;
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    perMessageDeflate: false,
  });
  const opened = once(client, 'open');
  const [socket] = await accepted;
  await opened;
  return {
    initiator: new WebSocketTransport(socket),
    acceptor: new WebSocketTransport(client),
    close: () => server.close(),
  };
}
