import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { ManualClock } from '@drover/async';
import { WebSocket, WebSocketServer } from 'ws';
import { limits } from './limits.ts';
import { TunnelSession } from './session.ts';
import { SocketTransport } from './socket-transport.ts';
import type { TunnelStream } from './stream.ts';
import { RecordingHandler } from './testing/index.ts';
import type { Transport } from './transport.ts';
import { maxMessageBytes, tunnelSubprotocol, WebSocketTransport } from './websocket-transport.ts';

/** Two transports over a real connection on loopback; `cut` breaks it, `close` waits until all of it is gone. */
interface Wire {
  readonly initiator: Transport;
  readonly acceptor: Transport;
  cut(): void;
  close(): Promise<void>;
}

const closed = (socket: Socket | WebSocket): Promise<void> =>
  new Promise(resolve => void socket.once('close', () => resolve()));

async function socketWire(): Promise<Wire> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = await accepted;
  if (client.connecting) await once(client, 'connect');
  const gone = Promise.all([closed(client), closed(socket)]);
  return {
    initiator: new SocketTransport(client),
    acceptor: new SocketTransport(socket),
    cut: () => client.resetAndDestroy(),
    close: async () => {
      await gone;
      server.close();
      await once(server, 'close');
    },
  };
}

async function webSocketWire(): Promise<Wire> {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
  });
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[WebSocket]>;
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, tunnelSubprotocol, {
    perMessageDeflate: false,
  });
  const opened = once(client, 'open');
  const [socket] = await accepted;
  await opened;
  const gone = Promise.all([closed(client), closed(socket)]);
  return {
    initiator: new WebSocketTransport(client),
    acceptor: new WebSocketTransport(socket),
    cut: () => client.terminate(),
    close: async () => {
      await gone;
      server.close();
      await once(server, 'close');
    },
  };
}

/** Two sessions over a wire, admitted; `ended` resolves when both are closed. */
function sessions(wire: Wire, serve: (stream: TunnelStream) => RecordingHandler) {
  const clock = new ManualClock();
  const ends = (['initiator', 'acceptor'] as const).map(role => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const session: TunnelSession = new TunnelSession({
      transport: wire[role],
      role,
      clock,
      events: {
        onControl: () => {},
        onIdentity: () => {},
        onOpen: stream => {
          const handler = serve(stream);
          handler.stream = stream;
          return handler;
        },
        onState: state => {
          if (state.name === 'closed') resolve(state.reason.code);
        },
      },
    });
    session.admit();
    return { session, ended: promise };
  });
  const [initiator, acceptor] = ends;
  assert.ok(initiator && acceptor);
  return { clock, initiator: initiator.session, ended: Promise.all(ends.map(({ ended }) => ended)) };
}

const target = { cluster: 'c', flags: 0, assertion: undefined };

for (const [kind, open] of [
  ['SocketTransport', socketWire],
  ['WebSocketTransport', webSocketWire],
] as const) {
  test(`${kind}: 8 MiB both ways at once, beside small requests, then a drain that leaves nothing`, async () => {
    const wire = await open();
    const whole = 8 << 20;
    const done = Promise.withResolvers<void>();
    let unsent = 0;
    const { initiator, clock, ended } = sessions(wire, stream => {
      // An echo that waits when it is told to.
      const handler = new RecordingHandler();
      let owed = 0;
      handler.grants = false;
      stream.respond({ status: 200, headers: [] });
      handler.onData = chunk => {
        unsent = Math.max(unsent, wire.acceptor.unsentBytes);
        if (stream.write(Buffer.from(chunk))) stream.grant(chunk.length);
        else owed += chunk.length;
      };
      handler.onDrain = () => {
        stream.grant(owed);
        owed = 0;
      };
      handler.onEnd = () => stream.end();
      return handler;
    });
    const small: Promise<void>[] = [];
    const bulk = new RecordingHandler();
    const stream = initiator.open(target, 'x', false, bulk);
    assert.ok(stream);
    bulk.stream = stream;
    bulk.onEnd = () => done.resolve();
    bulk.onReset = reset => done.reject(new Error(reset.code));
    let sent = 0;
    const more = (): void => {
      while (sent < whole) {
        const chunk = Buffer.alloc(50_000, sent / 50_000);
        sent += chunk.length;
        if (!stream.write(chunk)) break;
      }
      if (sent >= whole) stream.end();
      if (small.length < 50) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const handler = new RecordingHandler();
        handler.onEnd = () => resolve();
        initiator.open(target, 'x', true, handler);
        small.push(promise);
      }
    };
    bulk.onDrain = more;
    more();
    await done.promise;
    await Promise.all(small);
    assert.ok(small.length > 10, String(small.length));
    const { bytes } = bulk;
    assert.equal(bytes.length, sent);
    for (let at = 0; at < sent; at += 50_000) assert.equal(bytes[at], (at / 50_000) & 0xff);
    assert.ok(unsent <= limits.maxUnsentBytes + limits.maxDataBytes + 4096, `${unsent} bytes were unsent`);
    initiator.drain();
    assert.deepEqual(await ended, ['shutdown', 'shutdown']);
    await wire.close();
    assert.equal(clock.pending, 0);
  });

  test(`${kind}: a connection that breaks is told to both, and leaves nothing`, async () => {
    const wire = await open();
    const { initiator, clock, ended } = sessions(wire, () => new RecordingHandler());
    const handler = new RecordingHandler();
    initiator.open(target, 'x', false, handler)?.write(Buffer.alloc(500_000));
    wire.cut();
    assert.deepEqual(await ended, ['session-lost', 'session-lost']);
    assert.deepEqual(handler.heard, ['reset session-lost']);
    await wire.close();
    assert.equal(clock.pending, 0);
  });

  test(`${kind}: close says why, after what was written`, async () => {
    const wire = await open();
    const heard = Promise.withResolvers<RecordingHandler>();
    const { initiator, clock, ended } = sessions(wire, () => {
      const handler = new RecordingHandler();
      heard.resolve(handler);
      return handler;
    });
    initiator.open(target, 'x', false, new RecordingHandler())?.write(Buffer.alloc(100_000));
    initiator.close('revoked');
    assert.deepEqual(await ended, ['revoked', 'revoked']);
    const handler = await heard.promise;
    assert.deepEqual(handler.heard, ['data 100000', 'reset session-lost']);
    await wire.close();
    assert.equal(clock.pending, 0);
  });

  test(`${kind}: destroy does not wait for a peer that reads nothing`, async () => {
    const wire = await open();
    const { clock, ended } = sessions(wire, () => new RecordingHandler());
    clock.advance(limits.deadAfterMs);
    assert.deepEqual(new Set(await ended), new Set(['peer-silent']));
    await wire.close();
    assert.equal(clock.pending, 0);
  });
}

test('WebSocketTransport: a text message ends the session', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[WebSocket]>;
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [socket] = await accepted;
  const ended = Promise.withResolvers<string>();
  new TunnelSession({
    transport: new WebSocketTransport(socket),
    role: 'acceptor',
    events: {
      onControl: () => {},
      onIdentity: () => {},
      onOpen: () => new RecordingHandler(),
      onState: state => {
        if (state.name === 'closed') ended.resolve(state.reason.message);
      },
    },
  });
  if (client.readyState !== WebSocket.OPEN) await once(client, 'open');
  client.send('text');
  assert.match(await ended.promise, /not binary/);
  server.close();
  await once(server, 'close');
});
