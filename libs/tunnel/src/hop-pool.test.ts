import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '@drover/async';
import { type HopPeer, HopPool } from './hop-pool.ts';
import { limits } from './limits.ts';
import { TunnelSession } from './session.ts';
import { MemoryLink, RecordingHandler, Turns } from './testing/index.ts';

const hello = { type: 'hello', versions: [1], features: [], nonce: 'n', hub: 'h', gateway: 'g' };
const a: HopPeer = { id: 'a', hopAddress: '127.0.0.1:1' };
const b: HopPeer = { id: 'b', hopAddress: '127.0.0.1:2' };
const target = { cluster: 'c', flags: 0, assertion: undefined };

/** Gateways in memory that admit whoever dials, and keep what is opened on them. */
class Gateways {
  readonly clock = new ManualClock();
  readonly dialled: string[] = [];
  readonly served: RecordingHandler[] = [];
  readonly pool = new HopPool({ dial: async peer => this.#dial(peer), clock: this.clock });
  readonly #links: MemoryLink[] = [];

  #dial(peer: HopPeer): MemoryLink['initiator'] {
    this.dialled.push(peer.hopAddress);
    const link = new MemoryLink(new Turns());
    this.#links.push(link);
    const session: TunnelSession = new TunnelSession({
      transport: link.acceptor,
      role: 'acceptor',
      clock: this.clock,
      events: {
        onControl: () => {
          session.control({ type: 'welcome', session: peer.id, features: [] });
          session.admit();
        },
        onOpen: stream => {
          const handler = new RecordingHandler();
          handler.stream = stream;
          this.served.push(handler);
          return handler;
        },
        onIdentity: () => {},
        onState: () => {},
      },
    });
    session.control(hello);
    return link.initiator;
  }

  async settle(): Promise<void> {
    for (let still = 0; still < 5; ) {
      await new Promise(resolve => setImmediate(resolve));
      still = this.#links.map(link => link.step()).includes(true) ? 0 : still + 1;
    }
  }
}

test('one session to each gateway, and none is dialled twice', async () => {
  const gateways = new Gateways();
  gateways.pool.reconcile([a, b]);
  await gateways.settle();
  gateways.pool.reconcile([b, a]);
  await gateways.settle();
  assert.deepEqual(gateways.dialled, [a.hopAddress, b.hopAddress]);
  assert.equal(gateways.pool.sessions().length, 2);
  assert.equal(gateways.pool.session('a')?.state.name, 'ready');
  assert.equal(gateways.pool.session('c'), undefined);
  await gateways.pool.close();
  await gateways.settle();
  assert.equal(gateways.clock.pending, 0);
});

test('a gateway that has left gets nothing new, and its streams end in peace (T25)', async () => {
  const gateways = new Gateways();
  gateways.pool.reconcile([a]);
  await gateways.settle();
  const handler = new RecordingHandler();
  gateways.pool.session('a')?.open(target, 'x', true, handler);
  await gateways.settle();
  gateways.pool.reconcile([]);
  await gateways.settle();
  assert.equal(gateways.pool.session('a'), undefined);
  gateways.served[0]?.stream?.respond({ status: 200, headers: [] }, true);
  await gateways.settle();
  assert.deepEqual(handler.heard, ['head 200', 'end']);
  assert.equal(gateways.clock.pending, 0);
});

test('a gateway at another address is dialled there', async () => {
  const gateways = new Gateways();
  gateways.pool.reconcile([a]);
  await gateways.settle();
  gateways.pool.reconcile([{ ...a, hopAddress: b.hopAddress }]);
  await gateways.settle();
  assert.deepEqual(gateways.dialled, [a.hopAddress, b.hopAddress]);
  assert.equal(gateways.pool.sessions().length, 1);
  await gateways.pool.close();
  await gateways.settle();
  assert.equal(gateways.clock.pending, 0);
});

test('close does not wait for streams over gateways that have left', async () => {
  const gateways = new Gateways();
  gateways.pool.reconcile([a]);
  await gateways.settle();
  const handler = new RecordingHandler();
  gateways.pool.session('a')?.open(target, 'x', true, handler);
  await gateways.settle();
  gateways.pool.reconcile([]);
  await gateways.settle();
  await gateways.pool.close();
  await gateways.settle();
  assert.deepEqual(handler.heard, ['reset session-lost']);
  assert.equal(gateways.clock.pending, 0);
});

test('a crowded session gets another beside it, and the freest takes what comes; a few are the most', async () => {
  const gateways = new Gateways();
  gateways.pool.reconcile([a]);
  await gateways.settle();
  const fill = async (streams: number): Promise<void> => {
    for (let at = 0; at < streams; at++) {
      const opened = gateways.pool.session('a')?.open(target, 'x', true, new RecordingHandler());
      assert.ok(opened, `stream ${at} of ${streams}`);
    }
    await gateways.settle();
  };
  await fill(limits.maxStreams);
  assert.equal(gateways.dialled.length, 2);
  await fill(limits.maxStreams);
  assert.equal(gateways.dialled.length, 3);
  await fill(limits.maxStreams);
  await fill(limits.maxStreams);
  assert.equal(gateways.dialled.length, 4);
  assert.equal(gateways.pool.session('a')?.open(target, 'x', true, new RecordingHandler()), undefined);
  assert.equal(gateways.pool.sessions().length, 1);
  await gateways.pool.close();
  await gateways.settle();
  assert.equal(gateways.clock.pending, 0);
});
