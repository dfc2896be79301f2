import { Backoff, type Clock, pause, systemClock } from '@drover/async';
import { DroverError } from '@drover/errors';
import { expired } from './failures.ts';
import type { ApiObject } from './object.ts';
import { type CacheEvent, ResourceCache } from './resource-cache.ts';
import type { Store, StoreEvent } from './store.ts';

/** How long a caller waits for the cache to catch up with a write that the store has acknowledged, or to be filled. */
const catchUpMs = 5_000;

/** What a {@link WatchCache} may be given. */
export interface WatchCacheOptions {
  readonly store: Store;
  readonly clock?: Clock;
  /** Told of every failed watch of the store; the cache goes on trying. */
  readonly onProblem?: (error: unknown) => void;
}

/** Everything in the store, in memory, fed by one watch. Every read and every watch of clients is served from here. */
export class WatchCache {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #onProblem: (error: unknown) => void;
  readonly #stopped = new AbortController();
  readonly #listeners = new Set<() => void>();
  #resources = new Map<string, ResourceCache>();
  #loading: Map<string, { object: ApiObject; revision: number }> | undefined;
  /** The last revision that was heard of. */
  #revision = 0;
  #loads = 0;
  #running: Promise<void> | undefined;

  constructor(options: WatchCacheOptions) {
    this.#store = options.store;
    this.#clock = options.clock ?? systemClock;
    this.#onProblem = options.onProblem ?? (() => {});
  }

  /** Resolves when the cache holds all that the store holds. Throws `store-unavailable` after five seconds without. */
  async start(): Promise<void> {
    this.#running ??= this.#run();
    await this.until(() => this.#loads > 0, 'the store has not delivered its objects');
  }

  /** Ends the store's watch, and wakes everybody who waits. */
  async close(): Promise<void> {
    this.#stopped.abort(new DroverError('store-unavailable', 'the API server is stopping'));
    this.#tell();
    await this.#running;
  }

  /** The last revision that reads see. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** How many wait for a change: 0 when every client has gone. */
  get waiting(): number {
    return this.#listeners.size;
  }

  get(key: string): ApiObject | undefined {
    return this.#resources.get(resourceOf(key))?.get(key);
  }

  /** All objects of a resource whose key begins with `prefix`, by key. */
  list(prefix: string): ApiObject[] {
    const entries = this.#resources.get(resourceOf(prefix))?.entries() ?? [];
    return entries.filter(([key]) => key.startsWith(prefix)).map(([, object]) => object);
  }

  /**
   * A reader of the changes of `resource` after `revision`. Between two reads it holds nothing, so a slow client
   * costs no memory: when it falls out of the window, `take` throws `gone`.
   */
  follow(resource: string, revision: number): { take(): readonly CacheEvent[]; readonly revision: number } {
    const load = this.#loads;
    let position = revision;
    const take = (): readonly CacheEvent[] => {
      // The store was loaded anew: what happened meanwhile is not known one by one.
      if (load !== this.#loads) throw expired(position, this.#revision);
      const events = this.#resource(resource).since(position);
      position = Math.max(position, this.#revision);
      return events;
    };
    return {
      take,
      get revision(): number {
        return position;
      },
    };
  }

  /** Calls `listener` after every change, and when the cache closes. The result takes it off. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves once `condition` holds. Throws `store-unavailable` when it does not within five seconds. */
  until(condition: () => boolean, otherwise: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const release = (): void => {
        off();
        cancel();
      };
      const look = (): void => {
        if (condition()) {
          release();
          resolve();
        } else if (this.#stopped.signal.aborted) {
          release();
          reject(this.#stopped.signal.reason);
        }
      };
      const off = this.onChange(look);
      const cancel = this.#clock.after(catchUpMs, () => {
        release();
        reject(new DroverError('store-unavailable', otherwise));
      });
      look();
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    const backoff = new Backoff({ firstMs: 200, maxMs: 10_000 });
    while (!signal.aborted) {
      try {
        for await (const event of this.#store.watch(signal)) {
          if (event.type === 'ready') backoff.reset();
          this.#apply(event);
        }
      } catch (error) {
        if (!signal.aborted) this.#onProblem(error);
      }
      await pause(backoff.next(), signal, this.#clock).catch(() => {});
    }
  }

  #apply(event: StoreEvent): void {
    if (event.type === 'reset') this.#loading = new Map();
    else if (event.type === 'ready') this.#loaded(event.revision);
    else if (this.#loading !== undefined) this.#load(this.#loading, event);
    else {
      this.#revision = event.revision;
      const cache = this.#resource(resourceOf(event.key));
      if (event.type === 'put') cache.put(event.key, versioned(event.object, event.revision), event.revision);
      else cache.delete(event.key, event.revision);
      this.#tell();
    }
  }

  #load(loading: Map<string, { object: ApiObject; revision: number }>, event: StoreEvent & { key: string }): void {
    if (event.type === 'put') loading.set(event.key, { object: event.object, revision: event.revision });
    else loading.delete(event.key);
  }

  #loaded(revision: number): void {
    const resources = new Map<string, Map<string, ApiObject>>();
    for (const [key, entry] of this.#loading ?? []) {
      const resource = resourceOf(key);
      const objects = resources.get(resource) ?? new Map<string, ApiObject>();
      resources.set(resource, objects.set(key, versioned(entry.object, entry.revision)));
    }
    this.#loading = undefined;
    this.#loads++;
    this.#revision = revision;
    this.#resources = new Map([...resources].map(([name, objects]) => [name, new ResourceCache(objects, revision)]));
    this.#baseRevision = revision;
    this.#tell();
  }

  /** What was the last revision when the cache was loaded: a resource that had no object then starts there. */
  #baseRevision = 0;

  #resource(name: string): ResourceCache {
    let cache = this.#resources.get(name);
    if (cache === undefined) {
      cache = new ResourceCache(new Map(), this.#baseRevision);
      this.#resources.set(name, cache);
    }
    return cache;
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

const resourceOf = (key: string): string => key.slice(0, key.indexOf('.'));

const versioned = (object: ApiObject, revision: number): ApiObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(revision) },
});
