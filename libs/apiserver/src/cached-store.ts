import type { KeptObject } from './kept-object.ts';
import type { ApiObject } from './object.ts';
import { storedBytes } from './object-json.ts';
import type { Store } from './store.ts';
import type { WatchCache } from './watch-cache.ts';

/** Writes that reads see as soon as they are done. */
export class CachedStore {
  readonly #store: Store;
  readonly #cache: WatchCache;

  constructor(store: Store, cache: WatchCache) {
    this.#store = store;
    this.#cache = cache;
  }

  /** The object as it is kept. Throws `already-exists`. */
  async create(key: string, object: ApiObject): Promise<KeptObject> {
    const value = storedBytes(object);
    return this.#seen(key, await this.#store.create(key, value), value, object);
  }

  /** The object as it is kept. Throws `conflict` unless `revision` is the key's last. */
  async update(key: string, object: ApiObject, revision: number): Promise<KeptObject> {
    const value = storedBytes(object);
    return this.#seen(key, await this.#store.update(key, value, revision), value, object);
  }

  /** Throws `conflict` unless `revision` is the key's last. */
  async delete(key: string, revision: number): Promise<void> {
    await this.#cache.written({ key, revision: await this.#store.delete(key, revision), object: undefined });
  }

  async #seen(key: string, revision: number, value: Buffer, object: ApiObject): Promise<KeptObject> {
    const kept = this.#cache.keep(key, revision, value, object);
    await this.#cache.written({ key, revision, object: kept });
    return kept;
  }
}
