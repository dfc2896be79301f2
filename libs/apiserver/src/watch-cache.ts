import { Backoff, type Clock, pause, systemClock } from '@drover/async';
import { DroverError } from '@drover/errors';
import type { CacheEvent } from './cache-event.ts';
import { expired, tooLargeRevision } from './failures.ts';
import { FanOut, type Follower } from './fan-out.ts';
import { type Keeping, KeptObject } from './kept-object.ts';
import { LastRevision } from './last-revision.ts';
import type { ListBytes } from './list-bytes.ts';
import type { ApiObject } from './object.ts';
import { parseObject } from './object-json.ts';
import { ResourceCache } from './resource-cache.ts';
import type { ResourceType } from './resource-type.ts';
import type { Store, StoreEvent } from './store.ts';
import { Waiters } from './waiters.ts';

/** How long a caller waits for the cache to catch up with a write that the store has acknowledged, or to be filled. */
const catchUpMs = 5_000;

/** How long a reader waits for a resourceVersion that it has heard of elsewhere; as kube-apiserver. */
const reachMs = 3_000;

/** What a {@link WatchCache} may be given. */
export interface WatchCacheOptions {
  readonly store: Store;
  /** The resources whose objects have hidden or selectable fields; of others nothing need be known. */
  readonly types?: readonly ResourceType[];
  readonly clock?: Clock;
  /** Told of every failed watch of the store, and of a value that is no object; the cache goes on. */
  readonly onProblem?: (error: unknown) => void;
}

/** A write of this process: what is under the key now, undefined for a deletion. */
export interface AcknowledgedWrite {
  readonly key: string;
  readonly revision: number;
  readonly object: KeptObject | undefined;
}

type StoredChange = Extract<StoreEvent, { key: string }>;

/** Reads the changes of a resource one by one. */
export interface Cursor {
  /** The next change; undefined: none yet. Throws `gone` where it is not known any more. */
  next(): CacheEvent | undefined;
  /** Everything up to here was read. */
  readonly revision: number;
}

/** Everything in the store, in memory, fed by one watch. Every read and every watch of clients is served from here. */
export class WatchCache {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #onProblem: (error: unknown) => void;
  readonly #keeping: ReadonlyMap<string, Keeping>;
  readonly #stopped = new AbortController();
  readonly #waiters: Waiters;
  readonly #lastRevision: LastRevision;
  readonly #followers = new Map<string, FanOut>();
  readonly #observers = new FanOut();
  /** Writes that the store has acknowledged before the watch told those before them, by revision. */
  readonly #early = new Map<number, AcknowledgedWrite>();
  #resources = new Map<string, ResourceCache>();
  #loading: Map<string, KeptObject> | undefined;
  /** The last revision that was heard of. */
  #revision = 0;
  /** The last revision when the cache was loaded: a resource that had no object then starts there. */
  #baseRevision = 0;
  #loads = 0;
  #running: Promise<void> | undefined;

  constructor(options: WatchCacheOptions) {
    this.#store = options.store;
    this.#clock = options.clock ?? systemClock;
    this.#onProblem = options.onProblem ?? (() => {});
    this.#keeping = new Map(options.types?.map(type => [type.plural, type]));
    this.#waiters = new Waiters(this.#clock);
    this.#lastRevision = new LastRevision(() => this.#store.lastRevision());
  }

  /** Resolves when the cache holds all that the store holds. Throws `store-unavailable` after five seconds without. */
  async start(): Promise<void> {
    this.#running ??= this.#run();
    await this.until(() => this.#loads > 0, 'the store has not delivered its objects');
  }

  /** Ends the store's watch, and wakes everybody who waits. */
  async close(): Promise<void> {
    this.#stopped.abort(new DroverError('store-unavailable', 'the API server is stopping'));
    this.#tellAll();
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
    let followers = this.#waiters.size;
    for (const { size } of this.#followers.values()) followers += size;
    return followers;
  }

  get(key: string): KeptObject | undefined {
    return this.#resources.get(resourceOf(key))?.get(key);
  }

  /** All objects of a resource whose key begins with `prefix`, by key. */
  list(prefix: string): readonly KeptObject[] {
    return this.#resources.get(resourceOf(prefix))?.list(prefix) ?? [];
  }

  /** What `list` would have given at `revision`. Throws `gone` where that is too long ago. */
  listAt(prefix: string, revision: number): readonly KeptObject[] {
    return this.#resource(resourceOf(prefix)).listAt(prefix, revision);
  }

  /** All objects of `prefix` in a form, as `make` makes it of them: once for each change. See {@link ResourceCache}. */
  wholeList(
    prefix: string,
    form: string,
    notOlderThan: number,
    make: (objects: readonly KeptObject[]) => Buffer,
  ): ListBytes {
    return this.#resource(resourceOf(prefix)).wholeList(prefix, form, { now: this.#revision, notOlderThan }, make);
  }

  /**
   * A reader of the changes of `resource` after `revision`. Between two reads it holds nothing, so a slow client
   * costs no memory: when it falls out of the window, `next` throws `gone`. Throws `gone` at once where `revision` is
   * outside already.
   */
  follow(resource: string, revision: number): Cursor {
    const load = this.#loads;
    const changes = this.#resource(resource);
    let number = changes.firstAfter(revision);
    let position = revision;
    const next = (): CacheEvent | undefined => {
      // The store was loaded anew: what happened meanwhile is not known one by one.
      if (load !== this.#loads) throw expired(position, this.#revision);
      const event = changes.change(number, position);
      if (event !== undefined) number++;
      position = event?.revision ?? Math.max(position, this.#revision);
      return event;
    };
    return {
      next,
      get revision(): number {
        return position;
      },
    };
  }

  /** Wakes `follower` after changes of `resource`, and when the cache closes. The result takes it off. */
  onChange(resource: string, follower: Follower): () => void {
    const followers = this.#followers.get(resource) ?? new FanOut();
    this.#followers.set(resource, followers);
    return followers.add(follower);
  }

  /** Wakes the program's own `follower` after changes of any resource. It is no client. The result takes it off. */
  observe(follower: Follower): () => void {
    return this.#observers.add(follower);
  }

  /** Resolves once `condition` holds. Throws `store-unavailable` when it does not within five seconds. */
  async until(condition: () => boolean, otherwise: string): Promise<void> {
    if (condition()) return;
    const holds = (): boolean => {
      if (condition()) return true;
      this.#stopped.signal.throwIfAborted();
      return false;
    };
    await this.#waiters.until(holds, catchUpMs, () => new DroverError('store-unavailable', otherwise));
  }

  /** Resolves when reads see `revision`. Throws `timeout` when they do not within three seconds. */
  async reach(revision: number): Promise<void> {
    if (this.#revision >= revision) return;
    const reached = (): boolean => {
      if (this.#revision >= revision) return true;
      this.#stopped.signal.throwIfAborted();
      return false;
    };
    await this.#waiters.until(reached, reachMs, () => tooLargeRevision(revision, this.#revision));
  }

  /**
   * Resolves when reads see all that was written before the call, by whichever replica (KEP-2340). Where the store cannot be
   * asked it resolves too: what was known is better than no list while NATS restarts, and `/readyz` says what is amiss. Throws
   * `timeout` as {@link reach}.
   */
  async catchUp(): Promise<void> {
    let revision: number;
    try {
      revision = await this.#lastRevision.get();
    } catch (error) {
      return this.#onProblem(error);
    }
    await this.reach(revision);
  }

  /** `object`, stored as `value`, in the form in which it is kept. */
  keep(key: string, revision: number, value: Uint8Array, object: ApiObject): KeptObject {
    return KeptObject.of(key, revision, value, object, this.#keeping.get(resourceOf(key)));
  }

  /**
   * Takes in what the store has acknowledged, with no wait for its watch where nothing is missing in between: revisions
   * rise by one. Resolves when reads see it. Throws `store-unavailable` after five seconds.
   */
  async written(write: AcknowledgedWrite): Promise<void> {
    if (write.revision > this.#revision && this.#loading === undefined) {
      this.#early.set(write.revision, write);
      this.#takeEarly();
    }
    await this.until(() => this.#revision >= write.revision, 'the write was stored but is not yet seen');
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
    if (event.type === 'reset') {
      this.#loading = new Map();
      this.#early.clear();
    } else if (event.type === 'ready') this.#loaded(event.revision);
    else if (this.#loading !== undefined) this.#load(this.#loading, event);
    else if (event.revision > this.#revision) {
      const known = this.#early.get(event.revision);
      this.#early.delete(event.revision);
      this.#change(known ?? this.#told(event));
      this.#takeEarly();
    }
  }

  /** A value that is no object counts as none. */
  #told(event: StoredChange): AcknowledgedWrite {
    const { key, revision } = event;
    if (event.type !== 'put') return { key, revision, object: undefined };
    const object = parseObject(event.value);
    if (object !== undefined) return { key, revision, object: this.keep(key, revision, event.value, object) };
    this.#onProblem(new DroverError('internal', `${key} at revision ${revision} holds no object`));
    return { key, revision, object };
  }

  #takeEarly(): void {
    for (let next = this.#early.get(this.#revision + 1); next; next = this.#early.get(this.#revision + 1)) {
      this.#early.delete(next.revision);
      this.#change(next);
    }
  }

  #change({ key, revision, object }: AcknowledgedWrite): void {
    this.#revision = revision;
    const resource = resourceOf(key);
    const cache = this.#resource(resource);
    if (object === undefined) cache.delete(key, revision);
    else cache.put(object);
    this.#waiters.look();
    this.#followers.get(resource)?.ring();
    this.#observers.ring();
  }

  #load(loading: Map<string, KeptObject>, event: StoredChange): void {
    const { object } = this.#told(event);
    if (object === undefined) loading.delete(event.key);
    else loading.set(event.key, object);
  }

  #loaded(revision: number): void {
    const resources = Map.groupBy(this.#loading?.values() ?? [], object => resourceOf(object.key));
    this.#loading = undefined;
    this.#loads++;
    this.#revision = revision;
    this.#baseRevision = revision;
    this.#resources = new Map([...resources].map(([name, objects]) => [name, new ResourceCache(objects, revision)]));
    this.#tellAll();
  }

  #resource(name: string): ResourceCache {
    let cache = this.#resources.get(name);
    if (cache === undefined) {
      cache = new ResourceCache([], this.#baseRevision);
      this.#resources.set(name, cache);
    }
    return cache;
  }

  #tellAll(): void {
    this.#waiters.look();
    for (const followers of this.#followers.values()) followers.ring();
    this.#observers.ring();
  }
}

const resourceOf = (key: string): string => key.slice(0, key.indexOf('.'));
