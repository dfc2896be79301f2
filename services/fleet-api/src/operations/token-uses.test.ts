import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { MemoryStore } from '@drover/apiserver';
import { DroverError } from '@drover/errors';
import { admin, objectsPath, serveFleet } from '../fleet-for-tests.ts';
import { tokens } from '../resources/index.ts';
import { tokenUseLimits } from './token-uses.ts';

/** A store that counts its writes, and refuses them when told to. */
class CountingStore extends MemoryStore {
  updates = 0;
  broken = false;

  override update(...args: Parameters<MemoryStore['update']>): ReturnType<MemoryStore['update']> {
    this.updates++;
    if (this.broken) throw new DroverError('store-unavailable', 'the store is away');
    return super.update(...args);
  }
}

async function world() {
  const store = new CountingStore();
  const served = await serveFleet(store);
  await served.fleet.accounts.createUser('alice', 'correct horse');
  const issue = async () => (await served.fleet.accounts.issue('alice')).name;
  const lastUsed = (name: string) => served.fleet.registry.get(tokens, name).status?.lastUsed;
  return { store, served, issue, lastUsed, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

test('T30 a token in steady use is written once in five minutes', async () => {
  await using at = await world();
  const { clock, fleet } = at.served;
  const name = await at.issue();
  assert.equal(at.lastUsed(name), undefined);
  at.store.updates = 0;
  for (let n = 0; n < 20; n++) {
    fleet.tokenUses.take({ uses: [[name, clock.now()]] });
    await fleet.tokenUses.settled();
    clock.advance(tokenUseLimits.resolutionMs / 10);
  }
  assert.equal(at.store.updates, 2);
  const shown = await at.served.call(admin, 'GET', `${objectsPath}/tokens/${name}`);
  assert.equal(shown.body.status.lastUsed, at.lastUsed(name));
  assert.equal(shown.body.metadata.generation, 1);
});

test('T30 many tokens are written at a pace, while batches are taken', async () => {
  await using at = await world();
  const { clock, fleet } = at.served;
  const names = await Promise.all(Array.from({ length: 100 }, at.issue));
  at.store.updates = 0;
  const batch = { uses: names.map(name => [name, clock.now()]) };
  fleet.tokenUses.take(batch);
  fleet.tokenUses.take(batch);
  const burst = tokenUseLimits.writesPerSecond / 10;
  while (at.store.updates < burst) await setImmediate();
  for (let n = 0; n < 10; n++) await setImmediate();
  assert.equal(at.store.updates, burst, 'the first burst, and no more until time passes');
  while (at.store.updates < names.length) {
    clock.advance(100);
    await setImmediate();
  }
  clock.advance(100);
  await fleet.tokenUses.settled();
  assert.deepEqual(new Set(names.map(at.lastUsed)).size, 1);
});

test('T30 a write that fails refuses nobody, and the next use is written', async () => {
  await using at = await world();
  const { clock, fleet } = at.served;
  const name = await at.issue();
  at.store.broken = true;
  fleet.tokenUses.take({
    uses: [
      [name, clock.now()],
      ['unknowntok', clock.now()],
    ],
  });
  await fleet.tokenUses.settled();
  assert.equal(at.lastUsed(name), undefined);
  at.store.broken = false;
  // an auth-proxy whose clock is an hour ahead
  fleet.tokenUses.take({ uses: [[name, clock.now() + 3_600_000]] });
  await fleet.tokenUses.settled();
  assert.equal(Date.parse(at.lastUsed(name) ?? ''), Math.floor(clock.now() / 1000) * 1000);
  for (const wrong of [undefined, {}, { uses: 'x' }, { uses: [['a', 'b']] }]) {
    assert.throws(() => fleet.tokenUses.take(wrong), { code: 'bad-request' });
  }
});
