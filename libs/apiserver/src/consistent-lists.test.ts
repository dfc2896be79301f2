import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DroverError } from '@drover/errors';
import { LastRevision } from './last-revision.ts';
import { MemoryStore } from './memory-store.ts';
import type { Store, StoreEvent } from './store.ts';
import { serveWidgets, widget } from './widgets-for-tests.ts';

/** A replica's view of a store: its watch tells nothing while it is held. */
class HeldStore implements Store {
  readonly #store: Store;
  #held: PromiseWithResolvers<void> | undefined;
  asked = 0;
  failure: Error | undefined;

  constructor(store: Store) {
    this.#store = store;
  }
  create = (key: string, value: Uint8Array): Promise<number> => this.#store.create(key, value);
  update = (key: string, value: Uint8Array, revision: number): Promise<number> =>
    this.#store.update(key, value, revision);
  delete = (key: string, revision: number): Promise<number> => this.#store.delete(key, revision);
  lastRevision(): Promise<number> {
    this.asked++;
    return this.failure === undefined ? this.#store.lastRevision() : Promise.reject(this.failure);
  }
  async *watch(signal: AbortSignal): AsyncIterable<StoreEvent> {
    for await (const event of this.#store.watch(signal)) {
      await this.#held?.promise;
      yield event;
    }
  }
  hold(): void {
    this.#held = Promise.withResolvers();
  }
  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }
}

const base = '/apis/example.dev/v1/widgets';
const headers = { authorization: 'Bearer admin', 'content-type': 'application/json' };

async function replicas() {
  const store = new MemoryStore();
  const held = new HeldStore(store);
  const [writer, reader] = [await serveWidgets({ store }), await serveWidgets({ store: held })];
  const write = async (name: string): Promise<void> => {
    const body = JSON.stringify(widget(name));
    assert.equal((await fetch(writer.url + base, { method: 'POST', headers, body })).status, 201);
  };
  const list = async (query = ''): Promise<string[]> => {
    const answer = await fetch(`${reader.url}${base}${query}`, { headers });
    const { items } = (await answer.json()) as { items: { metadata: { name: string } }[] };
    return items.map(({ metadata }) => metadata.name);
  };
  return {
    held,
    write,
    list,
    [Symbol.asyncDispose]: async (): Promise<void> => {
      held.release();
      await writer[Symbol.asyncDispose]();
      await reader[Symbol.asyncDispose]();
    },
  };
}

test('KEP-2340 a list without resourceVersion holds what another replica has acknowledged', async () => {
  await using world = await replicas();
  const { held, write, list } = world;
  await write('one');
  held.hold();
  await write('two');
  assert.ok((await list('?resourceVersion=0')).length < 2, 'whatever is there');
  const [whole, page] = [list(), list('?limit=10')];
  // Both wait for what the replica has not been told yet.
  while (held.asked < 1) await new Promise(setImmediate);
  held.release();
  assert.deepEqual(await Promise.all([whole, page]), [
    ['one', 'two'],
    ['one', 'two'],
  ]);
});

test('a list is what was known where the store cannot be asked', async () => {
  await using world = await replicas();
  const { held, write, list } = world;
  await write('one');
  assert.deepEqual(await list(), ['one']);
  held.failure = new DroverError('store-unavailable');
  assert.deepEqual(await list(), ['one']);
});

test('who asks for the last revision shares the question, but never one that was asked before', async () => {
  const answers: PromiseWithResolvers<number>[] = [];
  const last = new LastRevision(() => {
    const answer = Promise.withResolvers<number>();
    answers.push(answer);
    return answer.promise;
  });
  const first = last.get();
  const [second, third] = [last.get(), last.get()];
  assert.equal(answers.length, 1);
  answers[0]?.resolve(7);
  assert.equal(await first, 7);
  while (answers.length < 2) await new Promise(setImmediate);
  answers[1]?.resolve(8);
  assert.deepEqual(await Promise.all([second, third]), [8, 8]);
  const failing = last.get();
  const after = last.get();
  answers[2]?.reject(new Error('away'));
  await assert.rejects(failing, /away/);
  while (answers.length < 4) await new Promise(setImmediate);
  answers[3]?.resolve(9);
  assert.equal(await after, 9);
});
