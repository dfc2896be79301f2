import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRoute } from './heads.ts';
import { limits } from './limits.ts';
import { spliceHandler } from './splice.ts';
import type { TunnelStream } from './stream.ts';
import { RecordingHandler, SessionPair } from './testing/index.ts';

/** A gateway: what arrives on `near` is joined to a stream on `far`. */
function gateway(): { near: SessionPair; far: SessionPair; settle(): void; middle: TunnelStream[] } {
  const near = SessionPair.ready();
  const far = SessionPair.ready();
  const middle: TunnelStream[] = [];
  near.acceptor.serve = (stream, payload, fin) => {
    const { cluster, flags, rest } = decodeRoute(payload);
    const onward = far.initiator.session.open(
      { cluster, flags, assertion: undefined },
      payload.subarray(rest),
      fin,
      spliceHandler(() => stream),
    );
    assert.ok(onward);
    middle.push(stream, onward);
    return spliceHandler(() => onward);
  };
  const settle = (): void => {
    while (near.link.step() || far.link.step());
  };
  return { near, far, settle, middle };
}

test('a request and its answer pass a gateway, with every end', () => {
  const { near, far, settle } = gateway();
  const handler = new RecordingHandler();
  const stream = near.initiator.open(handler);
  stream.write(Buffer.from('ask'));
  stream.end();
  settle();
  const served = far.acceptor.opened[0];
  assert.ok(served);
  assert.deepEqual(served.handler.heard, ['data 3', 'end']);
  served.stream.respond({ status: 201, headers: ['a', 'b'] });
  served.stream.write(Buffer.from('answer'));
  served.stream.end();
  settle();
  assert.deepEqual(handler.heard, ['head 201', 'data 6', 'end']);
  assert.equal(near.remains().streams + far.remains().streams, 0);
});

for (const [what, code, act] of [
  ['by who asked', 'cancelled', (stream: TunnelStream) => stream.reset('cancelled', 'gone')],
  ['by who answers', 'upstream-cut', (_: TunnelStream, served: TunnelStream) => served.reset('upstream-cut', 'gone')],
] as const) {
  test(`a reset ${what} passes a gateway, with its reason`, () => {
    const { near, far, settle } = gateway();
    const handler = new RecordingHandler();
    const stream = near.initiator.open(handler);
    settle();
    const served = far.acceptor.opened[0];
    assert.ok(served);
    act(stream, served.stream);
    settle();
    const heard = handler.reset ?? served.handler.reset;
    assert.deepEqual(heard, { code, message: 'gone' });
    assert.equal(near.remains().streams + far.remains().streams, 0);
  });
}

test('a session that is lost behind the gateway resets the stream before it', () => {
  const { near, far, settle } = gateway();
  const handler = new RecordingHandler();
  near.initiator.open(handler, true);
  settle();
  far.link.cut();
  settle();
  assert.deepEqual(handler.heard, ['reset session-lost']);
  assert.equal(near.remains().streams, 0);
});

test('a reader that stalls stops the sender behind the gateway, which holds nothing of its own', () => {
  const { near, far, settle, middle } = gateway();
  const handler = new RecordingHandler();
  handler.grants = false;
  near.initiator.open(handler, true);
  settle();
  const served = far.acceptor.opened[0]?.stream;
  assert.ok(served);
  served.respond({ status: 200, headers: [] });
  const whole = 3 * limits.windowBytes;
  let written = 0;
  let held = 0;
  const writeMore = (): void => {
    while (written < whole && served.queuedBytes < limits.writeHighWaterBytes) {
      served.write(Buffer.alloc(limits.maxDataBytes, written / limits.maxDataBytes));
      written += limits.maxDataBytes;
    }
  };
  const pump = (): void => {
    writeMore();
    settle();
    held = Math.max(held, ...middle.map(stream => stream.queuedBytes));
  };
  for (let turn = 0; turn < 5; turn++) pump();
  assert.equal(handler.bytes.length, limits.windowBytes);
  handler.grants = true;
  handler.stream?.grant(limits.windowBytes);
  for (let turn = 0; turn < 20; turn++) pump();
  served.end();
  settle();
  assert.equal(handler.bytes.length, whole);
  assert.equal(handler.heard.at(-1), 'end');
  for (let at = 0; at < whole; at += limits.maxDataBytes) assert.equal(handler.bytes[at], at / limits.maxDataBytes);
  assert.ok(held <= limits.windowBytes, 'at most a window is held between');
});
