import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from './limits.ts';
import { TunnelProtocolError } from './protocol-error.ts';
import type { Reset } from './reset.ts';
import type { TunnelStream } from './stream.ts';
import { nothing, RecordingHandler, SessionPair } from './testing/index.ts';

const head = { status: 200, headers: [] };
const bytes = (length: number, fill = 1): Buffer => Buffer.alloc(length, fill);

test('a request and its answer, with bodies both ways', () => {
  const pair = SessionPair.ready();
  const { stream, handler, served, servedHandler } = pair.open();
  stream.write(Buffer.from('ask'));
  stream.end();
  pair.link.settle();
  assert.deepEqual(servedHandler.heard, ['data 3', 'end']);
  served.respond(head);
  served.write(Buffer.from('answer'));
  served.end();
  pair.link.settle();
  assert.deepEqual(handler.heard, ['head 200', 'data 6', 'end']);
  assert.equal(handler.bytes.toString(), 'answer');
  assert.equal(stream.state.name, 'closed');
  assert.equal(pair.remains().streams, 0);
});

test('a request without a body is one frame: FIN stands on OPEN', () => {
  const pair = SessionPair.ready();
  const before = pair.link.initiator.sentBytes;
  const { stream, servedHandler } = pair.open(true);
  assert.equal(pair.acceptor.opened[0]?.fin, true);
  assert.deepEqual(servedHandler.heard, ['end']);
  assert.equal(stream.state.name, 'local-ended');
  assert.equal(pair.link.initiator.sentBytes - before, 8 + 7 + '0\nGET\n/'.length);
});

test('an answer without a body is one frame: FIN stands on HEAD', () => {
  const pair = SessionPair.ready();
  const { handler, served } = pair.open(true);
  served.respond({ status: 204, headers: [] }, true);
  pair.link.settle();
  assert.deepEqual(handler.heard, ['head 204', 'end']);
  assert.equal(pair.remains().streams, 0);
});

test('after its end a side writes nothing, and the other may go on (half-close)', () => {
  const pair = SessionPair.ready();
  const { stream, handler, served, servedHandler } = pair.open();
  served.respond(head);
  served.end();
  assert.equal(served.write(bytes(1)), false);
  served.end();
  pair.link.settle();
  assert.deepEqual(handler.heard, ['head 200', 'end']);
  stream.write(bytes(70_000));
  pair.link.settle();
  stream.end();
  pair.link.settle();
  assert.deepEqual(servedHandler.heard, ['data 70000', 'end']);
  assert.equal(pair.remains().streams, 0);
});

test('a sender has at most a window on the way; grants let it go on', () => {
  const pair = SessionPair.ready();
  const { handler, served } = pair.open(true);
  handler.grants = false;
  served.respond(head);
  assert.equal(served.write(bytes(limits.windowBytes)), false, 'more than the transport takes is queued');
  pair.link.settle();
  assert.equal(served.write(bytes(100)), true, 'a little may be queued');
  served.end();
  pair.link.settle();
  assert.deepEqual(handler.heard, ['head 200', `data ${limits.windowBytes}`]);
  assert.equal(served.queuedBytes, 100);
  handler.stream?.grant(limits.grantStepBytes - 1);
  pair.link.settle();
  assert.equal(served.queuedBytes, 100, 'grants go in steps');
  handler.stream?.grant(1);
  pair.link.settle();
  assert.deepEqual(handler.heard, ['head 200', `data ${limits.windowBytes + 100}`, 'end']);
});

test('a writer that was told to wait hears when there is room', () => {
  const pair = SessionPair.ready();
  const { handler, served, servedHandler } = pair.open(true);
  handler.grants = false;
  served.respond(head);
  served.write(bytes(limits.windowBytes));
  pair.link.settle();
  assert.equal(served.write(bytes(limits.writeHighWaterBytes)), false);
  servedHandler.heard.length = 0;
  handler.stream?.grant(limits.grantStepBytes);
  pair.link.settle();
  assert.deepEqual(servedHandler.heard, ['drain']);
});

test('the stream of a writer that does not wait is given up at the bound, and both sides hear', () => {
  const pair = SessionPair.ready();
  const { handler, served, servedHandler } = pair.open(true);
  handler.grants = false;
  served.respond(head);
  let most = 0;
  for (let turn = 0; turn < 100 && served.state.name !== 'closed'; turn++) {
    served.write(bytes(limits.maxDataBytes));
    most = Math.max(most, served.queuedBytes);
    pair.link.settle();
  }
  assert.ok(most <= limits.maxQueuedBytes);
  assert.deepEqual(servedHandler.heard.slice(-1), ['reset refused']);
  assert.deepEqual(handler.heard.slice(-1), ['reset refused']);
  assert.equal(served.queuedBytes, 0);
  assert.equal(pair.remains().streams, 0);
});

const misuses: [string, Reset['code'], (streams: { stream: TunnelStream; served: TunnelStream }) => void][] = [
  [
    'a second head',
    'internal',
    ({ served }) => {
      served.respond(head);
      served.respond(head);
    },
  ],
  ['a head by the opener', 'internal', ({ stream }) => stream.respond(head)],
  ['data before the head', 'internal', ({ served }) => served.write(bytes(1))],
  ['the end before the head', 'internal', ({ served }) => served.end()],
  ['more credit than was used', 'internal', ({ stream }) => stream.grant(limits.grantStepBytes)],
  [
    'a head that is too large',
    'refused',
    ({ served }) => served.respond({ status: 200, headers: ['a', 'x'.repeat(limits.maxHeadBytes)] }),
  ],
];
for (const [what, code, misuse] of misuses) {
  test(`${what} costs its stream, not the session`, () => {
    const pair = SessionPair.ready();
    const { stream, handler, served, servedHandler } = pair.open();
    misuse({ stream, served });
    pair.link.settle();
    assert.equal(handler.reset?.code, code);
    assert.equal(servedHandler.reset?.code, code);
    assert.deepEqual(pair.initiator.session.state.name, 'ready');
    assert.equal(pair.remains().streams, 0);
  });
}

test('a reset is heard once by the peer and never by the one who reset', () => {
  const pair = SessionPair.ready();
  const { stream, handler, served, servedHandler } = pair.open();
  stream.reset('cancelled', 'gone');
  stream.reset('internal');
  served.respond(head);
  served.write(bytes(1000));
  pair.link.settle();
  assert.deepEqual(handler.heard, []);
  assert.deepEqual(servedHandler.reset, { code: 'cancelled', message: 'gone' });
  assert.deepEqual(servedHandler.heard, ['reset cancelled']);
  assert.equal(served.write(bytes(1)), false);
  assert.equal(pair.remains().streams, 0);
});

test('resets that cross end the stream at both sides', () => {
  const pair = SessionPair.ready();
  const { stream, handler, served, servedHandler } = pair.open();
  stream.reset('cancelled');
  served.reset('upstream-cut');
  pair.link.settle();
  assert.deepEqual([handler.heard, servedHandler.heard], [[], []]);
  assert.equal(pair.remains().streams, 0);
});

test('late frames of a stream that was reset do not reach the next one in its slot', () => {
  const pair = SessionPair.ready();
  const { stream, served } = pair.open();
  served.respond(head);
  served.write(bytes(10));
  stream.reset('cancelled');
  const next = new RecordingHandler();
  const second = pair.initiator.open(next);
  assert.equal(second.id & 0xfff, stream.id & 0xfff);
  pair.link.settle();
  assert.deepEqual(next.heard, []);
  assert.equal(pair.acceptor.opened.length, 2);
});

const events = ['onHead', 'onData', 'onEnd', 'onDrain', 'onGrant', 'onReset'] as const;
/** What a handler may do to its stream from within, and what it then hears no more. */
const acts: [string, (stream: TunnelStream) => void][] = [
  ['reset', stream => stream.reset('cancelled')],
  ['end', stream => stream.end()],
  ['write', stream => void stream.write(bytes(limits.windowBytes + limits.maxDataBytes))],
  ['grant', stream => stream.grant(1)],
  ['throw', () => assert.fail('mine')],
  [
    'throw a protocol error',
    () => {
      throw new TunnelProtocolError('what came cannot be read');
    },
  ],
];
for (const event of events) {
  for (const [what, act] of acts) {
    test(`${what} from within ${event}: the session goes on, and nothing is heard after the stream’s end`, () => {
      const pair = SessionPair.ready();
      const calls: string[] = [];
      const afterEnd: string[] = [];
      let acted = false;
      const hear = (name: (typeof events)[number]) => (): void => {
        calls.push(name);
        // onReset and onEnd may come as the stream closes, never later.
        if (closedBefore) afterEnd.push(name);
        if (name === event && !acted) {
          acted = true;
          act(stream);
        }
        if (stream.state.name === 'closed' && name !== 'onReset') queueClosed();
      };
      let closedBefore = false;
      const queueClosed = (): void => pair.turns.defer(() => (closedBefore = true));
      const stream = pair.initiator.open({
        onHead: hear('onHead'),
        onData: hear('onData'),
        onEnd: hear('onEnd'),
        onDrain: hear('onDrain'),
        onGrant: hear('onGrant'),
        onReset: hear('onReset'),
      });
      pair.link.settle();
      const peer = pair.acceptor.opened[0];
      assert.ok(peer);
      stream.write(bytes(limits.windowBytes));
      stream.write(bytes(limits.windowBytes));
      pair.link.settle();
      peer.stream.respond(head);
      peer.stream.write(bytes(100));
      pair.link.settle();
      peer.stream.end();
      if (event === 'onReset') peer.stream.reset('upstream-cut');
      pair.link.settle();
      assert.ok(acted, `${event} was called`);
      assert.deepEqual(afterEnd, []);
      assert.equal(calls.filter(name => name === 'onReset').length <= 1, true);
      assert.equal(pair.initiator.session.state.name, 'ready');
      assert.equal(pair.acceptor.session.state.name, 'ready');
      const defects = what === 'throw' || (what === 'throw a protocol error' && event === 'onReset') ? 1 : 0;
      assert.equal(pair.initiator.defects.length, defects);
      if (what.startsWith('throw')) {
        assert.equal(stream.state.name, 'closed');
        assert.equal(calls.at(-1), 'onReset');
      }
      // The session still serves.
      const next = pair.open(true);
      next.served.respond(head, true);
      pair.link.settle();
      assert.deepEqual(next.handler.heard, ['head 200', 'end']);
      stream.reset('cancelled');
      pair.link.settle();
      assert.equal(pair.remains().streams, 0);
    });
  }
}

test('a thousand cancelled streams leave no stream, timer or byte (T22)', () => {
  const pair = SessionPair.ready();
  const timers = pair.clock.pending;
  for (let turn = 0; turn < 1000; turn++) {
    const stream = pair.initiator.open();
    stream.write(bytes(turn % 3 === 0 ? limits.windowBytes + 1000 : 1000));
    if (turn % 2 === 0) pair.link.step(1 + turn * 7);
    const arrived = pair.acceptor.opened.at(-1);
    if (turn % 5 === 0 && arrived?.stream.state.name === 'open') {
      arrived.stream.respond(head);
      arrived.stream.write(bytes(limits.windowBytes * 2));
    }
    if (turn % 4 === 1) arrived?.stream.reset('cancelled');
    stream.reset('cancelled');
    assert.equal(stream.queuedBytes, 0);
    assert.equal(stream.waiting, false, 'it holds no place in the round');
  }
  pair.link.settle();
  assert.equal(pair.acceptor.opened.length, 1000);
  for (const { stream } of pair.acceptor.opened) {
    assert.equal(stream.state.name, 'closed');
    assert.equal(stream.queuedBytes, 0);
    assert.equal(stream.waiting, false);
  }
  assert.deepEqual(pair.remains(), { ...nothing, timers });
});
