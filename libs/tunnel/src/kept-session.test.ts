import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff, ManualClock } from '@drover/async';
import type { Hello } from './handshake.ts';
import { KeptSession, type KeptSessionOptions } from './kept-session.ts';
import type { Reset } from './reset.ts';
import { TunnelSession } from './session.ts';
import { MemoryLink, RecordingHandler, Turns } from './testing/index.ts';

const hello: Hello = { type: 'hello', versions: [1], features: [], nonce: 'n', hub: 'h', gateway: 'g' };
const head = { status: 200, headers: [] };

/** A hub for one kept session: every dial makes a link, whose far end the test plays. */
class Hub {
  readonly clock = new ManualClock();
  readonly dialled: { link: MemoryLink; session: TunnelSession; controls: unknown[] }[] = [];
  readonly lost: { reason: Reset | Error; retryMs: number }[] = [];
  readonly ready: string[] = [];
  readonly kept: KeptSession;
  unreachable = false;
  #timer: NodeJS.Immediate | undefined;

  constructor(options: Partial<KeptSessionOptions> = {}) {
    this.kept = new KeptSession({
      dial: async () => this.#dial(),
      join: () => ({ type: 'service-join' }),
      events: () => ({
        onOpen: stream => {
          stream.respond(head, true);
          return new RecordingHandler();
        },
        onIdentity: () => {},
      }),
      onReady: (_session, id) => this.ready.push(id),
      onLost: (reason, retryMs) => this.lost.push({ reason, retryMs }),
      backoff: new Backoff({ firstMs: 100, maxMs: 1000, random: () => 0 }),
      clock: this.clock,
      ...options,
    });
  }

  #dial(): MemoryLink['initiator'] {
    if (this.unreachable) throw new Error('unreachable');
    const link = new MemoryLink(new Turns());
    const controls: unknown[] = [];
    const session: TunnelSession = new TunnelSession({
      transport: link.acceptor,
      role: 'acceptor',
      clock: this.clock,
      events: {
        onControl: message => controls.push(message),
        onOpen: () => new RecordingHandler(),
        onIdentity: () => {},
        onState: () => {},
      },
    });
    this.dialled.push({ link, session, controls });
    return link.initiator;
  }

  get last(): { link: MemoryLink; session: TunnelSession; controls: unknown[] } {
    const last = this.dialled.at(-1);
    assert.ok(last);
    return last;
  }

  /** Real turns of the event loop (the sessions flush in them), with delivery, until nothing moves. */
  async settle(): Promise<void> {
    for (let still = 0; still < 5; ) {
      await new Promise(resolve => {
        this.#timer = setImmediate(resolve);
      });
      still = this.dialled.map(({ link }) => link.step()).includes(true) ? 0 : still + 1;
    }
    assert.ok(this.#timer);
  }

  async admit(): Promise<void> {
    await this.settle();
    this.last.session.control(hello);
    await this.settle();
    this.last.session.control({ type: 'welcome', session: 's', features: [] });
    this.last.session.admit();
    await this.settle();
  }
}

test('dials, shakes hands, and serves', async () => {
  const hub = new Hub();
  await hub.settle();
  assert.deepEqual(hub.ready, []);
  await hub.admit();
  assert.deepEqual(hub.last.controls, [{ type: 'service-join', version: 1, features: [] }]);
  assert.deepEqual(hub.ready, ['s']);
  assert.equal(hub.kept.ready?.state.name, 'ready');
  const handler = new RecordingHandler();
  hub.last.session.open({ cluster: 'c', flags: 0, assertion: undefined }, 'x', true, handler);
  await hub.settle();
  assert.deepEqual(handler.heard, ['head 200', 'end']);
  const closed = hub.kept.close();
  await hub.settle();
  await closed;
  assert.equal(hub.clock.pending, 0);
});

test('begins again after a loss, with a growing pause, and anew after a success', async () => {
  const hub = new Hub();
  await hub.admit();
  hub.unreachable = true;
  hub.last.link.cut();
  await hub.settle();
  for (const pauseMs of [50, 100, 200]) {
    assert.equal(hub.lost.at(-1)?.retryMs, pauseMs);
    hub.clock.advance(pauseMs - 1);
    await hub.settle();
    const tries = hub.lost.length;
    hub.unreachable = pauseMs !== 200;
    hub.clock.advance(1);
    await hub.settle();
    assert.equal(hub.lost.length, hub.unreachable ? tries + 1 : tries);
  }
  await hub.admit();
  assert.deepEqual(hub.ready, ['s', 's']);
  hub.last.link.cut();
  await hub.settle();
  assert.equal(hub.lost.at(-1)?.retryMs, 50);
  await hub.kept.close();
  assert.equal(hub.clock.pending, 0);
});

test('an untrusted hub is left, and the reason is told', async () => {
  const hub = new Hub({
    join: () => {
      throw new Error('not the hub of the join file');
    },
  });
  await hub.settle();
  hub.last.session.control(hello);
  await hub.settle();
  assert.match(String(hub.lost[0]?.reason), /not the hub of the join file/);
  assert.deepEqual(hub.ready, []);
  await hub.kept.close();
});

for (const [what, messages] of [
  ['a welcome without a hello, which nobody has looked at', [{ type: 'welcome', session: 's', features: [] }]],
  ['two hellos', [hello, hello]],
  ['a join', [{ type: 'service-join', version: 1, features: [] }]],
  ['no handshake message', [{ type: 'hello' }]],
] as const) {
  test(`${what} is no handshake`, async () => {
    const hub = new Hub();
    await hub.settle();
    for (const message of messages) hub.last.session.control(message);
    await hub.settle();
    assert.equal((hub.lost[0]?.reason as Reset | undefined)?.code, 'protocol');
    assert.deepEqual(hub.ready, []);
    await hub.kept.close();
  });
}

test('no common version: closed with the reason', async () => {
  const hub = new Hub();
  await hub.settle();
  hub.last.session.control({ ...hello, versions: [7, 8] });
  await hub.settle();
  assert.equal((hub.lost[0]?.reason as Reset | undefined)?.code, 'version-unsupported');
  await hub.kept.close();
});

test('drain lets what is open end', async () => {
  const served = new RecordingHandler();
  const hub = new Hub({
    events: () => ({
      onOpen: stream => {
        served.stream = stream;
        return served;
      },
      onIdentity: () => {},
    }),
  });
  await hub.admit();
  const handler = new RecordingHandler();
  hub.last.session.open({ cluster: 'c', flags: 0, assertion: undefined }, 'x', true, handler);
  await hub.settle();
  const drained = hub.kept.drain(60_000);
  await hub.settle();
  assert.equal(hub.kept.ready, undefined);
  served.stream?.respond(head, true);
  await hub.settle();
  await drained;
  assert.deepEqual(handler.heard, ['head 200', 'end']);
  assert.equal(hub.clock.pending, 0);
  assert.equal(hub.dialled.length, 1);
});

test('drain ends at its deadline', async () => {
  const hub = new Hub({ events: () => ({ onOpen: () => new RecordingHandler(), onIdentity: () => {} }) });
  await hub.admit();
  const handler = new RecordingHandler();
  hub.last.session.open({ cluster: 'c', flags: 0, assertion: undefined }, 'x', true, handler);
  await hub.settle();
  const drained = hub.kept.drain(1000);
  await hub.settle();
  assert.deepEqual(handler.heard, []);
  hub.clock.advance(1000);
  await hub.settle();
  await drained;
  assert.deepEqual(handler.heard, ['reset session-lost']);
  assert.equal(hub.clock.pending, 0);
});

for (const [when, prepare] of [
  ['while it dials', async () => {}],
  ['in the handshake', async (hub: Hub) => hub.settle()],
  [
    'in a pause',
    async (hub: Hub) => {
      await hub.settle();
      hub.last.link.cut();
      await hub.settle();
    },
  ],
] as const) {
  for (const how of ['close', 'drain'] as const) {
    test(`${how} ${when} leaves nothing`, async () => {
      const hub = new Hub();
      await prepare(hub);
      const ended = how === 'close' ? hub.kept.close() : hub.kept.drain(60_000);
      await hub.settle();
      await ended;
      assert.equal(hub.clock.pending, 0);
    });
  }
}
