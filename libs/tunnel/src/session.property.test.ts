import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limits } from './limits.ts';
import type { StreamHandler, TunnelStream } from './stream.ts';
import { nothing, type PairEnd, SessionPair } from './testing/index.ts';

/**
 * Random operations on both ends over a transport that delays, re-chunks and is cut at any byte. Each byte that a side
 * writes follows from who wrote it and where, so that whatever arrives is checked at once.
 */
const pattern = Buffer.alloc(1 << 20);
for (let at = 0, state = 1; at < pattern.length; at++) {
  state = (state * 1_103_515_245 + 12_345) >>> 0;
  pattern[at] = state >>> 16;
}
const most = 1 << 18;
/** `length` bytes of a direction's content, from `offset`; at most `most`. */
const content = (salt: number, offset: number, length: number): Buffer => {
  const start = (salt * 7919 + offset) % (pattern.length - most);
  return pattern.subarray(start, start + length);
};

type Act = 'reset' | 'end' | 'write' | 'grant' | 'throw';

/** One side of one stream, as the test sees it. */
class Side implements StreamHandler {
  readonly salt: number;
  stream: TunnelStream | undefined;
  peer: Side | undefined;
  sentBytes = 0;
  receivedBytes = 0;
  owedBytes = 0;
  responded = false;
  /** This side called `end`. */
  ended = false;
  /** This side heard `onEnd`. */
  endHeard = false;
  /** The stream was reset, by whomever, or given up; with `closed` nothing more may be heard. */
  broken = false;
  closed = false;
  mayWrite = true;
  script: Act[] = [];
  readonly calls: string[] = [];

  constructor(salt: number) {
    this.salt = salt;
  }

  onHead(): void {
    this.#heard('head');
    assert.ok(!this.responded, 'one head');
    this.responded = true;
    this.#act();
  }

  onData(chunk: Buffer): void {
    this.#heard('data');
    assert.ok(!this.endHeard, 'no data after the end');
    assert.ok(this.peer, 'a peer');
    for (let at = 0; at < chunk.length; ) {
      // A write begins anew in the pattern, so compare against what the peer wrote, piece by piece.
      const piece = this.peer.written(this.receivedBytes);
      const length = Math.min(piece.length, chunk.length - at);
      assert.ok(length > 0, 'no more than was sent');
      assert.ok(chunk.subarray(at, at + length).equals(piece.subarray(0, length)), 'in order and unchanged');
      at += length;
      this.receivedBytes += length;
    }
    this.owedBytes += chunk.length;
    assert.ok(this.owedBytes <= limits.windowBytes, 'never more than the credit');
    this.#act();
  }

  onEnd(): void {
    this.#heard('end');
    assert.ok(!this.endHeard, 'one end');
    this.endHeard = true;
    assert.equal(this.receivedBytes, this.peer?.sentBytes, 'the end comes after everything');
    assert.equal(this.peer?.ended, true);
    this.#act();
  }

  onReset(): void {
    this.#heard('reset');
    this.broken = true;
    this.closed = true;
  }

  onDrain(): void {
    this.#heard('drain');
    this.mayWrite = true;
    this.#act();
  }

  onGrant(): void {
    this.#heard('grant');
    this.#act();
  }

  readonly #writes: { at: number; bytes: Buffer }[] = [];

  /** What this side wrote at `offset`, to the end of that write. */
  written(offset: number): Buffer {
    while (this.#writes.length > 1 && (this.#writes[1]?.at ?? 0) <= offset) this.#writes.shift();
    const first = this.#writes[0];
    return first === undefined ? Buffer.alloc(0) : first.bytes.subarray(offset - first.at);
  }

  get writable(): boolean {
    return !this.closed && !this.ended && this.stream !== undefined && (this.stream.opener || this.responded);
  }

  write(length: number, polite: boolean): void {
    if (!this.writable || (polite && !this.mayWrite)) return;
    const bytes = content(this.salt, this.sentBytes, Math.min(length, most));
    this.#writes.push({ at: this.sentBytes, bytes });
    this.sentBytes += bytes.length;
    this.mayWrite = this.stream?.write(bytes) ?? false;
    assert.ok((this.stream?.queuedBytes ?? 0) <= limits.maxQueuedBytes, 'the queue’s bound');
  }

  respond(fin: boolean): void {
    if (this.closed || this.responded || this.stream === undefined || this.stream.opener) return;
    this.responded = true;
    if (fin) this.ended = true;
    this.stream.respond({ status: 200, headers: ['a', 'b'] }, fin);
  }

  end(): void {
    if (!this.writable) return;
    this.ended = true;
    this.stream?.end();
  }

  reset(): void {
    if (this.closed || this.stream === undefined) return;
    this.broken = true;
    this.closed = true;
    this.stream?.reset('cancelled');
  }

  grant(share: number): void {
    const bytes = Math.ceil(this.owedBytes * share);
    this.owedBytes -= bytes;
    if (bytes > 0) this.stream?.grant(bytes);
  }

  /** After each step of the test: what is closed stays silent. */
  look(): void {
    if (this.stream?.state.name === 'closed') this.closed = true;
  }

  #heard(what: string): void {
    assert.ok(!this.closed, `${what} after the stream’s end (${this.calls})`);
    if (this.calls.length < 50) this.calls.push(what);
  }

  #act(): void {
    switch (this.script.shift()) {
      case 'reset':
        return this.reset();
      case 'end':
        return this.end();
      case 'write':
        return this.write(20_000, true);
      case 'grant':
        return this.grant(1);
      case 'throw':
        throw new Deliberate();
    }
  }
}

class Deliberate extends Error {}

/** The two ends, their streams, and what the operations do to them. */
class World {
  readonly pair = SessionPair.ready();
  readonly streams: [Side, Side][] = [];
  readonly ends: readonly PairEnd[] = [this.pair.initiator, this.pair.acceptor];
  /** Frames that are not DATA, which the transport's bound does not hold for. */
  controlAllowance = 4096;

  constructor() {
    for (const end of this.ends) {
      end.serve = (stream, payload) => {
        const side = this.streams[payload.readUInt16BE(payload.length - 2)]?.[1];
        assert.ok(side && side.stream === undefined, 'an OPEN arrives once');
        side.stream = stream;
        return side;
      };
    }
  }

  open(end: number, fin: boolean, scripts: [Act[], Act[]]): void {
    const index = this.streams.length;
    const sides: [Side, Side] = [new Side(2 * index), new Side(2 * index + 1)];
    [sides[0].peer, sides[1].peer] = [sides[1], sides[0]];
    [sides[0].script, sides[1].script] = scripts.map(script => [...script]) as [Act[], Act[]];
    this.streams.push(sides);
    const head = Buffer.alloc(2);
    head.writeUInt16BE(index);
    const opener = this.ends[end];
    sides[0].ended = fin;
    sides[0].stream = opener?.session.open({ cluster: 'c', flags: 0, assertion: `a${index}` }, head, fin, sides[0]);
    if (sides[0].stream === undefined) this.streams.pop();
  }

  side(stream: number, end: number): Side | undefined {
    return this.streams.at(stream % Math.max(1, this.streams.length))?.[end];
  }

  look(): void {
    for (const sides of this.streams) for (const side of sides) side.look();
    this.controlAllowance += 200 + this.streams.length * 40;
    for (const transport of [this.pair.link.initiator, this.pair.link.acceptor]) {
      const bound = limits.maxUnsentBytes + limits.maxDataBytes + this.controlAllowance;
      assert.ok(transport.unsentBytes <= bound, 'the transport’s bound');
    }
    for (const { session } of this.ends) {
      const reason = session.state.name === 'closed' ? session.state.reason.code : 'shutdown';
      assert.ok(
        ['shutdown', 'session-lost', 'peer-silent'].includes(reason),
        `neither end breaks the protocol: ${reason}`,
      );
    }
    for (const { defects } of this.ends)
      for (const defect of defects) assert.ok(defect instanceof Deliberate, String(defect));
  }

  /** Everything arrives and is granted, until nothing moves. */
  settle(): void {
    for (let moved = true; moved; ) {
      moved = this.pair.link.step();
      this.look();
      for (const sides of this.streams) {
        for (const side of sides) {
          if (side.owedBytes < limits.grantStepBytes || side.closed) continue;
          side.grant(1);
          moved = true;
        }
      }
    }
  }

  /** At the end: what was ended and not broken off has arrived whole; then nothing is left. */
  finish(): void {
    this.settle();
    for (const sides of this.streams) {
      const [opener, server] = sides;
      if (opener.broken || server.broken) continue;
      for (const side of sides) {
        if (side.ended)
          assert.equal(side.peer?.endHeard, true, `what was ended arrives (${opener.calls} | ${server.calls})`);
        else assert.equal(side.peer?.receivedBytes, side.sentBytes, 'what was sent arrives');
      }
    }
    for (const [opener, server] of this.streams) {
      // Broken for one is broken for the other, unless that one had everything.
      if (opener.broken !== server.broken && server.stream !== undefined) {
        for (const side of [opener, server]) assert.ok(side.closed, 'a broken stream is closed at both ends');
      }
      opener.reset();
      server.reset();
    }
    this.settle();
    assert.equal(this.pair.remains().streams, 0, 'no stream is left');
    assert.equal(this.pair.remains().unsentBytes, 0, 'no byte is left');
    for (const sides of this.streams) for (const { stream } of sides) assert.equal(stream?.queuedBytes ?? 0, 0);
    for (const { session } of this.ends) session.close('shutdown');
    this.settle();
    assert.deepEqual(this.pair.remains(), nothing);
  }
}

type Operation = (world: World) => void;
const named = (name: string, run: Operation): Operation => Object.assign(run, { toString: () => name });

const index = fc.nat({ max: 7 });
const end = fc.constantFrom(0, 1);
const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 3000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 3000, max: 60_000 }) },
  { weight: 2, arbitrary: fc.constantFrom(1, 16_383, 16_384, 16_385, 65_536, most) },
);
const script = fc.array(fc.constantFrom<Act>('grant', 'grant', 'write', 'write', 'end', 'reset', 'throw'), {
  maxLength: 3,
});
const quiet = fc.oneof({ weight: 6, arbitrary: fc.constant<Act[]>([]) }, { weight: 1, arbitrary: script });

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(end, fc.boolean(), quiet, quiet)
      .map(([at, fin, a, b]) => named(`open(${at}, ${fin}, ${a}, ${b})`, world => world.open(at, fin, [a, b]))),
  },
  {
    weight: 12,
    arbitrary: fc
      .tuple(index, fc.integer({ min: 0, max: 9 }))
      .map(([i, f]) => named(`respond(${i}, ${f === 0})`, world => world.side(i, 1)?.respond(f === 0))),
  },
  {
    weight: 30,
    arbitrary: fc
      .tuple(index, end, size, fc.integer({ min: 0, max: 9 }))
      .map(([i, at, n, p]) => named(`write(${i}, ${at}, ${n}, ${p > 0})`, world => world.side(i, at)?.write(n, p > 0))),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(index, end).map(([i, at]) => named(`end(${i}, ${at})`, world => world.side(i, at)?.end())),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(index, end).map(([i, at]) => named(`reset(${i}, ${at})`, world => world.side(i, at)?.reset())),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(index, end, fc.constantFrom(0.3, 1))
      .map(([i, at, share]) => named(`grant(${i}, ${at}, ${share})`, world => world.side(i, at)?.grant(share))),
  },
  { weight: 6, arbitrary: fc.constant(named('turn()', world => void world.pair.turns.run())) },
  {
    weight: 12,
    arbitrary: fc
      .tuple(end, fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 30, max: 70_000 })))
      .map(([at, n]) =>
        named(`deliver(${at}, ${n})`, world => {
          const { initiator, acceptor } = world.pair.link;
          (at === 0 ? initiator : acceptor).deliver(n);
        }),
      ),
  },
  { weight: 12, arbitrary: fc.constant(named('step()', world => void world.pair.link.step())) },
  { weight: 3, arbitrary: fc.constant(named('settle()', world => world.settle())) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 6000 })
      .map(ms => named(`advance(${ms})`, world => world.pair.clock.advance(ms))),
  },
);

const last: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(named('-', () => {})) },
  { weight: 2, arbitrary: fc.constant(named('cut()', world => world.pair.link.cut())) },
  { weight: 1, arbitrary: end.map(at => named(`drain(${at})`, world => world.ends[at]?.session.drain())) },
  { weight: 1, arbitrary: end.map(at => named(`close(${at})`, world => world.ends[at]?.session.close('shutdown'))) },
  { weight: 1, arbitrary: fc.constant(named('silence()', world => world.pair.clock.advance(15_000))) },
);

test('random operations: bytes arrive in order and whole or the stream errs, within every bound, and nothing is left', () => {
  fc.assert(
    fc.property(
      fc.array(operation, { minLength: 60, maxLength: 250, size: 'max' }),
      last,
      fc.array(operation, { maxLength: 20 }),
      (before, turn, after) => {
        const world = new World();
        for (const run of [...before, turn, ...after]) {
          run(world);
          world.look();
        }
        world.finish();
      },
    ),
    { seed: 20_260_730, numRuns: 1500 },
  );
});
