import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeRequestHead } from './heads.ts';
import { limits } from './limits.ts';
import { TunnelProtocolError } from './protocol-error.ts';
import type { ResetCode } from './reset.ts';
import type { TunnelSession } from './session.ts';
import { nothing, RecordingHandler, SessionPair } from './testing/index.ts';

const head = { status: 200, headers: [] };
const bytes = (length: number): Buffer => Buffer.alloc(length, 1);

/** A frame by hand. */
function frame(typeByte: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(8);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = typeByte;
  header.writeUInt32BE(stream, 4);
  return Buffer.concat([header, payload]);
}

test('a handshake by CONTROL, then streams either way', () => {
  const pair = new SessionPair();
  assert.throws(() => pair.initiator.open(), /no stream/);
  pair.acceptor.session.control({ type: 'hello' });
  pair.link.settle();
  assert.deepEqual(pair.initiator.controls, [{ type: 'hello' }]);
  pair.initiator.session.admit();
  pair.acceptor.session.admit();
  pair.open();
  pair.acceptor.open();
  pair.link.settle();
  assert.equal(pair.initiator.opened.length, 1);
  assert.deepEqual(pair.initiator.states, ['ready']);
});

test('a handshake that does not end is closed at its deadline', () => {
  const pair = new SessionPair();
  for (let second = 0; second < limits.handshakeTimeoutMs / 1000; second++) {
    assert.equal(pair.initiator.session.state.name, 'handshake');
    pair.clock.advance(1000);
    pair.link.settle();
  }
  assert.deepEqual(pair.initiator.states, ['closed']);
  assert.deepEqual(pair.acceptor.states, ['closed']);
  assert.deepEqual(pair.remains(), nothing);
});

test('an assertion travels once and is named by its number', () => {
  const pair = SessionPair.ready();
  const numbers = ['one', 'two', 'one', undefined, 'two'].map(assertion => {
    pair.initiator.open(new RecordingHandler(), true, { assertion });
    pair.link.settle();
    return pair.acceptor.opened.at(-1)?.payload.readUInt32BE(0);
  });
  assert.deepEqual(numbers, [1, 2, 1, 0, 2]);
  assert.deepEqual(pair.acceptor.identities, [
    [1, 'one'],
    [2, 'two'],
  ]);
});

test('the oldest identity makes room for a new one, at both ends alike', () => {
  const pair = SessionPair.ready();
  const named = new Map<number, string>();
  for (let turn = 0; turn < limits.maxIdentities + 2; turn++) {
    pair.initiator.open(new RecordingHandler(), true, { assertion: `a${turn}` }).reset('cancelled');
  }
  pair.initiator.open(new RecordingHandler(), true, { assertion: 'a0' });
  pair.initiator.open(new RecordingHandler(), true, { assertion: 'a5' });
  pair.link.settle();
  for (const [number, assertion] of pair.acceptor.identities) named.set(number, assertion);
  assert.equal(named.size, limits.maxIdentities);
  const used = pair.acceptor.opened.slice(-2).map(({ payload }) => named.get(payload.readUInt32BE(0)));
  assert.deepEqual(used, ['a0', 'a5']);
});

test('what is too large for a frame is refused before it is sent', () => {
  const pair = SessionPair.ready();
  const open = (text: string, assertion?: string): unknown =>
    pair.initiator.session.open({ cluster: 'c', flags: 0, assertion }, text, true, new RecordingHandler());
  assert.throws(() => open('x'.repeat(limits.maxHeadBytes)), { code: 'headers-too-large' });
  assert.throws(() => open('x', 'a'.repeat(limits.maxControlBytes + 1)), { code: 'headers-too-large' });
  assert.throws(() => pair.initiator.session.control({ text: 'x'.repeat(limits.maxControlBytes) }), {
    code: 'too-large',
  });
  assert.ok(open('x'.repeat(limits.maxHeadBytes - 7), 'a'.repeat(limits.maxControlBytes)));
  pair.link.settle();
  assert.equal(pair.initiator.session.state.name, 'ready');
  assert.equal(pair.acceptor.opened.length, 1);
  assert.equal(pair.remains().streams, 2);
});

test('no more streams than the limit; one that ends makes room', () => {
  const pair = SessionPair.ready();
  const streams = Array.from({ length: limits.maxStreams }, () => pair.initiator.open());
  assert.throws(() => pair.initiator.open(), /no stream/);
  pair.link.settle();
  assert.equal(pair.acceptor.session.streams, limits.maxStreams);
  streams[7]?.reset('cancelled');
  pair.initiator.open();
  pair.link.settle();
  assert.equal(pair.acceptor.session.streams, limits.maxStreams);
  assert.equal(pair.acceptor.session.state.name, 'ready');
});

// Keepalive (T23).

test('a quiet session is kept alive by pings, whoever is quiet', () => {
  const pair = SessionPair.ready();
  for (let second = 0; second < 120; second++) {
    pair.clock.advance(1000);
    pair.link.settle();
  }
  assert.equal(pair.initiator.session.state.name, 'ready');
  assert.equal(pair.acceptor.session.state.name, 'ready');
  assert.ok(pair.initiator.session.silentMs <= limits.pingAfterMs);
});

test('a peer that is silent without closing is noticed within 15 s on both sides, and its streams are lost (T23)', () => {
  const pair = SessionPair.ready();
  const { handler, servedHandler } = pair.open();
  pair.clock.advance(500);
  // From here nothing is delivered: the network has gone silent.
  let noticedMs = 0;
  while (pair.initiator.session.state.name !== 'closed' || pair.acceptor.session.state.name !== 'closed') {
    pair.clock.advance(100);
    pair.turns.run();
    noticedMs += 100;
    assert.ok(noticedMs <= 15_000, 'noticed in time');
  }
  assert.ok(noticedMs > 10_000, 'not at the first short silence');
  assert.equal(handler.reset?.code, 'session-lost');
  assert.equal(servedHandler.reset?.code, 'session-lost');
  assert.ok(pair.link.initiator.destroyed && pair.link.acceptor.destroyed);
  assert.deepEqual(pair.remains(), nothing);
});

test('a clock that is set, or a process that was stopped, loses no session', () => {
  const pair = SessionPair.ready();
  const { clock } = pair;
  let jumpMs = 0;
  const now = clock.now.bind(clock);
  clock.now = () => now() + jumpMs;
  for (const jump of [3_600_000, -7_200_000]) {
    jumpMs += jump;
    clock.advance(1000);
    pair.link.settle();
    assert.equal(pair.initiator.session.state.name, 'ready');
  }
});

// Fairness (T21).

test('a small answer beside bulk waits for one frame of each bulk stream at most', () => {
  const pair = SessionPair.ready();
  const bulk = Array.from({ length: 4 }, () => pair.open(true));
  const small = pair.open(true);
  for (const { served } of bulk) {
    served.respond(head);
    served.write(bytes(limits.windowBytes));
  }
  pair.turns.run(); // the transport has taken all it may; the rest waits in the streams
  assert.ok(pair.link.acceptor.unsentBytes >= limits.maxUnsentBytes);
  const ahead = pair.link.acceptor.unsentBytes;
  small.served.respond(head);
  small.served.write(bytes(2000));
  small.served.end();
  let delivered = 0;
  while (!small.handler.ended) {
    pair.turns.run();
    const moved = pair.link.acceptor.deliver(16 * 1024);
    assert.ok(moved > 0);
    delivered += moved;
  }
  const allowed = ahead + (bulk.length + 1) * (limits.maxDataBytes + 8) + 64 * 1024;
  assert.ok(delivered <= allowed, `${delivered} bytes came before the small answer, ${allowed} are allowed`);
  pair.link.settle();
  for (const { handler } of bulk) assert.equal(handler.bytes.length, limits.windowBytes);
});

test('bulk streams share the transport evenly', () => {
  const pair = SessionPair.ready();
  const bulk = Array.from({ length: 3 }, () => pair.open(true));
  for (const { served } of bulk) {
    served.respond(head);
    served.write(bytes(limits.windowBytes));
  }
  for (let turn = 0; turn < 30; turn++) pair.link.step(16 * 1024);
  const received = bulk.slice(1).map(({ handler }) => handler.bytes.length);
  assert.ok(Math.max(...received) - Math.min(...received) <= limits.maxDataBytes, String(received));
});

test('a stalled reader holds up nobody, and holds at most a window and a queue', () => {
  const pair = SessionPair.ready();
  const stalled = Array.from({ length: 20 }, () => pair.open(true));
  for (const { served, handler } of stalled) {
    handler.grants = false;
    served.respond(head);
    let open = true;
    while (open) {
      open = served.write(bytes(limits.maxDataBytes));
      pair.link.settle();
    }
  }
  for (const { served, handler } of stalled) {
    assert.equal(handler.bytes.length, limits.windowBytes);
    assert.ok(served.queuedBytes <= limits.writeHighWaterBytes + limits.maxDataBytes);
  }
  const small = pair.open(true);
  small.served.respond(head);
  small.served.write(bytes(2000));
  small.served.end();
  pair.link.settle();
  assert.deepEqual(small.handler.heard, ['head 200', 'data 2000', 'end']);
});

test('DATA waits in its stream while the transport is full', () => {
  const pair = SessionPair.ready();
  for (let count = 0; count < 8; count++) {
    const { served } = pair.open(true);
    served.respond(head);
    served.write(bytes(limits.windowBytes));
  }
  pair.turns.run();
  assert.ok(pair.link.acceptor.mostUnsentBytes <= limits.maxUnsentBytes + limits.maxDataBytes + 1024);
});

test('a peer that reads nothing and floods with pings is given up at a bound', () => {
  const pair = SessionPair.ready();
  const flood = Buffer.concat(Array.from({ length: 4096 }, () => frame(7, 0, Buffer.alloc(8))));
  let turns = 0;
  while (pair.acceptor.session.state.name !== 'closed') {
    pair.link.initiator.send(flood);
    pair.link.initiator.deliver(flood.length);
    pair.turns.run();
    assert.ok(++turns < 1000);
  }
  assert.ok(pair.link.acceptor.mostUnsentBytes <= limits.maxUnsentControlBytes + flood.length);
  assert.ok(pair.link.acceptor.destroyed);
});

// Ends.

test('drain: what is open ends in peace, nothing new is opened, then both close', () => {
  const pair = SessionPair.ready();
  const { handler, served } = pair.open(true);
  pair.acceptor.session.drain();
  pair.link.settle();
  assert.equal(pair.initiator.session.state.name, 'draining');
  assert.throws(() => pair.initiator.open(), /no stream/);
  served.respond(head);
  served.write(bytes(100_000));
  served.end();
  pair.link.settle();
  assert.deepEqual(handler.heard, ['head 200', 'data 100000', 'end']);
  assert.deepEqual(pair.initiator.states, ['ready', 'draining', 'closed']);
  assert.deepEqual(pair.acceptor.states, ['ready', 'draining', 'closed']);
  assert.deepEqual(pair.remains(), nothing);
});

test('a request that crosses the GOAWAY is served, not lost (T25)', () => {
  const pair = SessionPair.ready();
  const handler = new RecordingHandler();
  pair.acceptor.session.drain();
  pair.turns.run();
  pair.initiator.open(handler, true);
  pair.link.settle();
  assert.deepEqual(handler.heard, []);
  const arrived = pair.acceptor.opened[0]?.stream;
  assert.ok(arrived);
  arrived.respond(head, true);
  pair.link.settle();
  assert.deepEqual(handler.heard, ['head 200', 'end']);
  assert.deepEqual(pair.remains(), nothing);
});

test('both sides drain at once, and both close', () => {
  const pair = SessionPair.ready();
  pair.acceptor.session.drain();
  pair.initiator.session.drain();
  pair.link.settle();
  assert.deepEqual(pair.remains(), nothing);
  assert.equal(pair.initiator.session.state.name, 'closed');
});

test('the last stream’s onEnd comes before the session’s closed state', () => {
  const pair = SessionPair.ready();
  const order: string[] = [];
  const handler = new RecordingHandler();
  handler.onEnd = () => order.push('end');
  pair.initiator.open(handler, true);
  pair.link.settle();
  pair.acceptor.session.drain();
  pair.link.settle();
  pair.initiator.states.push = (...states: string[]) => order.push(...states);
  pair.acceptor.opened[0]?.stream.respond(head, true);
  pair.link.settle();
  assert.deepEqual(order, ['end', 'closed']);
});

/** Every way in which a session ends, and what a stream's owner hears of it at either end. */
const ends: [string, (pair: SessionPair) => void, ResetCode][] = [
  ['close by the initiator', pair => pair.initiator.session.close('revoked', 'why'), 'revoked'],
  ['close by the acceptor', pair => pair.acceptor.session.close('revoked', 'why'), 'revoked'],
  [
    'both at once',
    pair => {
      pair.initiator.session.close('revoked');
      pair.acceptor.session.close('revoked');
    },
    'revoked',
  ],
  ['a broken connection', pair => pair.link.cut(new Error('why')), 'session-lost'],
  ['silence', pair => pair.clock.advance(20_000), 'peer-silent'],
  [
    'a broken rule',
    pair => {
      pair.link.initiator.send(frame(99, 0));
      pair.link.initiator.deliver(8);
    },
    'protocol',
  ],
];
const befores: [string, (pair: SessionPair) => void][] = [
  ['in the handshake', () => {}],
  ['when ready', admit],
  ['draining by the initiator', pair => drained(pair, 'initiator')],
  ['draining by the acceptor', pair => drained(pair, 'acceptor')],
];
function drained(pair: SessionPair, by: 'initiator' | 'acceptor'): void {
  admit(pair);
  pair[by].session.drain();
  pair.link.settle();
}
function admit(pair: SessionPair): void {
  pair.initiator.session.admit();
  pair.acceptor.session.admit();
  pair.open().stream.write(bytes(limits.windowBytes * 2));
}
for (const [before, prepare] of befores) {
  for (const [how, end, code] of ends) {
    test(`${how}, ${before}: every stream hears, and nothing is left`, () => {
      const pair = new SessionPair();
      prepare(pair);
      end(pair);
      pair.link.settle();
      for (const { session, states, opened } of [pair.initiator, pair.acceptor]) {
        assert.equal(session.state.name, 'closed');
        assert.equal(states.filter(state => state === 'closed').length, 1);
        assert.equal(states.at(-1), 'closed');
        for (const { handler } of opened) assert.equal(handler.heard.at(-1), 'reset session-lost');
      }
      const reasons = [pair.initiator, pair.acceptor].map(({ session }) =>
        session.state.name === 'closed' ? session.state.reason.code : '',
      );
      // In the handshake its deadline comes before that of silence.
      const expected = code === 'peer-silent' && before === 'in the handshake' ? 'handshake-timeout' : code;
      assert.ok(reasons.includes(expected), String(reasons));
      assert.deepEqual(pair.remains(), nothing);
      // Whatever is called afterwards does nothing.
      pair.initiator.session.close('internal');
      pair.initiator.session.drain();
      pair.initiator.session.admit();
      pair.initiator.session.control({});
      pair.turns.run();
      assert.deepEqual(pair.remains(), nothing);
    });
  }
}

test('a peer that does not take the last frames is cut after a while', () => {
  const pair = SessionPair.ready();
  pair.initiator.session.close('shutdown');
  assert.equal(pair.link.initiator.destroyed, false);
  pair.clock.advance(limits.closeTimeoutMs);
  assert.equal(pair.link.initiator.destroyed, true);
});

test('frames after CLOSE in the same chunk are not heard', () => {
  const pair = SessionPair.ready();
  const open = frame(2, 1 << 12, Buffer.concat([Buffer.alloc(6), Buffer.from('0\nGET\n/')]));
  pair.link.initiator.send(
    Buffer.concat([open, frame(11, 0, Buffer.of(8)), frame(4, 1 << 12, bytes(3)), frame(99, 0)]),
  );
  pair.link.settle();
  assert.deepEqual(pair.acceptor.opened[0]?.handler.heard, ['reset session-lost']);
  assert.deepEqual(pair.acceptor.states, ['ready', 'closed']);
});

test('a session that a handler closes in the middle of a chunk hears nothing more of it', () => {
  const pair = SessionPair.ready();
  const { stream, servedHandler } = pair.open();
  servedHandler.onData = () => {
    servedHandler.heard.push('data');
    pair.acceptor.session.close('internal');
  };
  stream.write(bytes(5));
  stream.write(bytes(5));
  stream.end();
  pair.link.settle();
  assert.deepEqual(servedHandler.heard, ['data', 'reset session-lost']);
});

test('handlers that open, write and reset while the session ends do no harm', () => {
  const pair = SessionPair.ready();
  const handler = new RecordingHandler();
  const stream = pair.initiator.open(handler);
  const other = pair.open();
  handler.onReset = reset => {
    handler.heard.push(`reset ${reset.code}`);
    assert.throws(() => pair.initiator.open(), /no stream/);
    other.stream.write(bytes(100_000));
    other.stream.reset('cancelled');
    stream.write(bytes(1));
    stream.end();
    pair.initiator.session.close('internal');
  };
  pair.link.settle();
  pair.link.cut();
  pair.link.settle();
  assert.deepEqual(handler.heard, ['reset session-lost']);
  assert.deepEqual(other.handler.heard, [], 'what was reset meanwhile is told nothing');
  assert.deepEqual(pair.remains(), nothing);
});

test('a defect in the owner’s OPEN handler costs that stream', () => {
  const pair = SessionPair.ready();
  const errors = [new Error('mine'), new TunnelProtocolError('a head that cannot be read')];
  const codes = errors.map(error => {
    pair.acceptor.serve = () => {
      throw error;
    };
    const handler = new RecordingHandler();
    pair.initiator.open(handler, true);
    pair.link.settle();
    return handler.reset?.code;
  });
  assert.deepEqual(codes, ['internal', 'protocol']);
  assert.deepEqual(pair.acceptor.defects, [errors[0]]);
  assert.equal(pair.acceptor.session.state.name, 'ready');
  assert.equal(pair.remains().streams, 0);
});

test('an OPEN handler may answer at once, or refuse', () => {
  const pair = SessionPair.ready();
  pair.acceptor.serve = stream => {
    stream.respond(head, true);
    return new RecordingHandler();
  };
  const answered = new RecordingHandler();
  pair.initiator.open(answered, true);
  pair.link.settle();
  assert.deepEqual(answered.heard, ['head 200', 'end']);
  pair.acceptor.serve = stream => {
    stream.reset('no-session');
    return new RecordingHandler();
  };
  const refused = new RecordingHandler();
  pair.initiator.open(refused, true);
  pair.link.settle();
  assert.deepEqual(refused.heard, ['reset no-session']);
  assert.equal(pair.remains().streams, 0);
});

// What breaks the protocol.

const head0 = Buffer.from('0\n200');
const breaches: [string, (open: number) => Buffer[]][] = [
  ['an OPEN with an id of the other side', () => [frame(2, 0x8000_1000, Buffer.alloc(6))]],
  ['an OPEN in a taken slot', open => [frame(2, open + (1 << 12), Buffer.alloc(6))]],
  ['a HEAD to the side that answers', open => [frame(3, open, head0)]],
  ['DATA after FIN', open => [frame(4 | 0x80, open), frame(4, open, bytes(1))]],
  ['a second FIN', open => [frame(4 | 0x80, open), frame(4 | 0x80, open)]],
  [
    'more DATA than was granted',
    open => Array.from({ length: limits.windowBytes / limits.maxDataBytes + 1 }, () => frame(4, open, bytes(16384))),
  ],
  ['more credit than a window', open => [frame(6, open, Buffer.from([0, 0, 0, 1]))]],
  ['a WINDOW that is not four bytes', open => [frame(6, open, bytes(3))]],
  ['an identity number of 0', () => [frame(9, 0, bytes(3))]],
  ['an identity number above the ring', () => [frame(9, limits.maxIdentities + 1, bytes(3))]],
  ['CONTROL that is not JSON', () => [frame(1, 0, Buffer.from('{'))]],
  ['an OPEN after GOAWAY', () => [frame(10, 0, Buffer.of(8)), frame(2, 9 << 12, Buffer.alloc(6))]],
];
for (const [what, frames] of breaches) {
  test(`${what} closes the session`, () => {
    const pair = SessionPair.ready();
    const { stream, servedHandler } = pair.open();
    servedHandler.grants = false;
    const closedFor = (session: TunnelSession): string =>
      session.state.name === 'closed' ? session.state.reason.code : session.state.name;
    for (const piece of frames(stream.id)) {
      assert.notEqual(closedFor(pair.acceptor.session), 'protocol', 'not before its last frame');
      pair.link.initiator.send(piece);
      while (pair.link.initiator.deliver(1 << 20) > 0);
    }
    assert.equal(closedFor(pair.acceptor.session), 'protocol');
    pair.link.settle();
    assert.equal(closedFor(pair.initiator.session), 'protocol');
    assert.deepEqual(pair.remains(), nothing);
  });
}

for (const [what, frames] of [
  ['DATA before HEAD', [[4, bytes(1)]]],
  ['an end before HEAD', [[4 | 0x80, Buffer.alloc(0)]]],
  [
    'a second HEAD',
    [
      [3, head0],
      [3, head0],
    ],
  ],
] as [string, [number, Buffer][]][]) {
  test(`${what} from the side that answers closes the session`, () => {
    const pair = SessionPair.ready();
    const { stream } = pair.open();
    for (const [type, payload] of frames) pair.link.acceptor.send(frame(type, stream.id, payload));
    pair.link.settle();
    const { state } = pair.initiator.session;
    assert.equal(state.name === 'closed' && state.reason.code, 'protocol');
  });
}

for (const type of [2, 3, 4, 5, 6, 9, 10]) {
  test(`a frame of type ${type} before admission closes the session`, () => {
    const pair = new SessionPair();
    pair.link.initiator.send(frame(type, 1, Buffer.alloc(type === 6 ? 4 : 6)));
    pair.link.settle();
    const { state } = pair.acceptor.session;
    assert.equal(state.name === 'closed' && state.reason.code, 'protocol');
  });
}

test('frames of streams that are not there are passed over: they are late', () => {
  const pair = SessionPair.ready();
  for (const type of [3, 4, 4 | 0x80, 5, 6]) pair.link.initiator.send(frame(type, 0x3000, Buffer.alloc(4)));
  pair.link.settle();
  assert.equal(pair.acceptor.session.state.name, 'ready');
});

test('an encoded head passes a gateway unread', () => {
  const pair = SessionPair.ready();
  const text = encodeRequestHead({ method: 'POST', target: '/x?y', headers: ['a', 'ü'] });
  pair.initiator.session.open(
    { cluster: 'c', flags: 2, assertion: undefined },
    Buffer.from(text, 'latin1'),
    false,
    new RecordingHandler(),
  );
  pair.link.settle();
  assert.equal(pair.acceptor.opened[0]?.payload.toString('latin1', 7), text);
});
