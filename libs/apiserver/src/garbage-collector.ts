import { Backoff, type Clock } from '@drover/async';
import { type OwnerReference, objects } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { CacheEvent } from './cache-event.ts';
import type { Propagation } from './deletion.ts';
import type { KeptObject } from './kept-object.ts';
import { foregroundFinalizer, orphanFinalizer } from './metadata-rules.ts';
import { emptied, isNamespaces } from './namespaces.ts';
import type { ApiObject } from './object.ts';
import { OwnerGraph } from './owner-graph.ts';
import type { Registry } from './registry.ts';
import { groupVersion, type ResourceType } from './resource-type.ts';
import type { Cursor, WatchCache } from './watch-cache.ts';

/** What a {@link GarbageCollector} works on. */
export interface GarbageCollectorParts {
  readonly types: readonly ResourceType[];
  readonly registry: Registry;
  readonly cache: WatchCache;
  readonly clock: Clock;
  /** Told of what failed for another reason than that somebody else was quicker; it is tried again. */
  readonly onProblem: (error: unknown) => void;
}

interface Item {
  readonly key: string;
  readonly type: ResourceType;
  readonly object: ApiObject;
}

/**
 * Deletes objects whose owners are gone, carries foreground and orphaning deletions to their end, and empties namespaces
 * that are being deleted: what kube-controller-manager's garbage collector and namespace controller do.
 *
 * Every replica runs one. They need not know of each other: each step is a compare-and-set of what was read, what one
 * replica has done the others find done, and the cache applies writes in their order, so that an owner is seen before what
 * names it.
 */
export class GarbageCollector {
  readonly #parts: GarbageCollectorParts;
  readonly #types: ReadonlyMap<string, ResourceType>;
  readonly #namespaces: ResourceType | undefined;
  readonly #graph = new OwnerGraph();
  readonly #queue = new Set<string>();
  readonly #failed = new Set<string>();
  readonly #backoff = new Backoff({ firstMs: 200, maxMs: 30_000 });
  #cursors: { readonly type: ResourceType; readonly cursor: Cursor }[] = [];
  #release = (): void => {};
  #cancelRetry: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: GarbageCollectorParts) {
    this.#parts = parts;
    this.#types = new Map(parts.types.map(type => [type.plural, type]));
    this.#namespaces = parts.types.find(isNamespaces);
  }

  /** Looks at everything once, and at every change from then on. The cache must be filled. */
  start(): void {
    this.#release = this.#parts.cache.observe({ wake: () => this.#wake() });
    this.#lookAtAll();
    this.#wake();
  }

  /** Resolves when what is under way is done. */
  async close(): Promise<void> {
    this.#stopped = true;
    this.#release();
    this.#cancelRetry?.();
    await this.#running;
  }

  /** Many calls become one run after the one that is under way. */
  #wake(): void {
    if (this.#stopped) return;
    this.#readChanges();
    if (this.#queue.size === 0) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    for (const key of this.#queue) {
      if (this.#stopped) return;
      this.#queue.delete(key);
      try {
        await this.#collect(key);
      } catch (error) {
        this.#tryAgain(key, error);
      }
      this.#readChanges();
    }
    if (this.#failed.size === 0) this.#backoff.reset();
  }

  #tryAgain(key: string, error: unknown): void {
    const { code } = DroverError.from(error);
    // Somebody else was quicker; if there is still something to do, the change that this was brings it back.
    if (code === 'not-found' || code === 'conflict') return;
    if (this.#failed.size === 0) this.#parts.onProblem(error);
    this.#failed.add(key);
    this.#cancelRetry ??= this.#parts.clock.after(this.#backoff.next(), () => {
      this.#cancelRetry = undefined;
      for (const failed of this.#failed) this.#queue.add(failed);
      this.#failed.clear();
      this.#wake();
    });
  }

  #readChanges(): void {
    try {
      for (const { type, cursor } of this.#cursors) {
        for (let event = cursor.next(); event !== undefined; event = cursor.next()) this.#note(type, event);
      }
    } catch (error) {
      if (DroverError.from(error).code !== 'gone') throw error;
      this.#lookAtAll();
    }
  }

  #lookAtAll(): void {
    const { types, cache } = this.#parts;
    this.#graph.clear();
    this.#cursors = types.map(type => ({ type, cursor: cache.follow(type.plural, cache.revision) }));
    for (const type of types) {
      for (const kept of cache.list(objects.prefix(type.plural))) this.#present(type, kept);
    }
  }

  #note(type: ResourceType, { type: change, object, previous }: CacheEvent): void {
    if (change === 'DELETED') this.#gone(type, object);
    else {
      // An object of the same name that was deleted and made again between two reads is another.
      if (previous !== undefined && !this.#graph.empty && uidOf(previous) !== uidOf(object)) this.#gone(type, previous);
      this.#present(type, object);
    }
  }

  #present(type: ResourceType, kept: KeptObject): void {
    const { key, metadata } = kept;
    const owned = metadata.includes('"ownerReferences":');
    if (owned || this.#graph.has(key)) this.#graph.set(key, kept.object.metadata.ownerReferences ?? []);
    if (owned || metadata.includes('"deletionTimestamp":')) this.#queue.add(key);
    if (!type.namespaced || this.#namespaces === undefined) return;
    const home = this.#parts.registry.kept(this.#namespaces, kept.namespace);
    if (home === undefined) this.#queue.add(key);
    else if (home.metadata.includes('"deletionTimestamp":')) this.#queue.add(home.key);
  }

  #gone(type: ResourceType, kept: KeptObject): void {
    const { registry, cache } = this.#parts;
    if (!this.#graph.empty) {
      for (const dependent of this.#graph.dependentsOf(uidOf(kept))) this.#queue.add(dependent);
      for (const owner of this.#graph.delete(kept.key)) {
        const key = this.#keyOfOwner(owner, kept.namespace);
        if (key !== undefined) this.#queue.add(key);
      }
    }
    if (this.#namespaces === undefined) return;
    if (type === this.#namespaces) {
      for (const { plural } of this.#namespacedTypes()) {
        for (const { key } of cache.list(objects.prefix(plural, kept.name))) this.#queue.add(key);
      }
    } else if (type.namespaced) {
      const home = registry.kept(this.#namespaces, kept.namespace);
      if (home?.metadata.includes('"deletionTimestamp":')) this.#queue.add(home.key);
    }
  }

  async #collect(key: string): Promise<void> {
    const item = this.#item(key);
    if (item === undefined) return;
    const { deletionTimestamp, finalizers = [], namespace } = item.object.metadata;
    if (item.type.namespaced && this.#namespaces !== undefined) {
      const home = this.#parts.registry.kept(this.#namespaces, namespace ?? '');
      if (home === undefined && deletionTimestamp === undefined) return this.#delete(item, 'Background');
    }
    if (deletionTimestamp === undefined) await this.#ownersOf(item);
    else if (finalizers.includes(orphanFinalizer)) await this.#orphan(item);
    else if (finalizers.includes(foregroundFinalizer)) await this.#foreground(item);
    else if (item.type === this.#namespaces) await this.#empty(item);
  }

  /** Deletes the item when no owner keeps it; otherwise it forgets those that are gone. */
  async #ownersOf(item: Item): Promise<void> {
    const owners = item.object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const states = owners.map(owner => this.#stateOf(owner, item));
    const leaving = owners.filter((_, index) => states[index] !== 'there');
    if (leaving.length === 0) return;
    if (leaving.length < owners.length) return this.#forget(item, new Set(leaving.map(({ uid }) => uid)));
    const dependents = this.#graph.dependentsOf(item.object.metadata.uid);
    if (!states.includes('waiting') || dependents.length === 0) return this.#delete(item, undefined);
    // What owns itself in a circle would wait for itself.
    if (dependents.some(key => this.#item(key)?.object.metadata.finalizers?.includes(foregroundFinalizer))) {
      await this.#update(item, metadata => ({
        ...metadata,
        ownerReferences: owners.map(owner => ({ ...owner, blockOwnerDeletion: false })),
      }));
      return this.#delete({ ...item, object: this.#item(item.key)?.object ?? item.object }, 'Foreground');
    }
    await this.#delete(item, 'Foreground');
  }

  async #foreground(item: Item): Promise<void> {
    const { uid } = item.object.metadata;
    const dependents = this.#graph.dependentsOf(uid);
    for (const key of dependents) this.#queue.add(key);
    if (!dependents.some(key => this.#graph.blocks(key, uid))) await this.#withoutFinalizer(item, foregroundFinalizer);
  }

  async #orphan(item: Item): Promise<void> {
    const { uid } = item.object.metadata;
    for (const key of this.#graph.dependentsOf(uid)) {
      const dependent = this.#item(key);
      if (dependent !== undefined) await this.#forget(dependent, new Set([uid])).catch(ignoreNotFound);
    }
    await this.#withoutFinalizer(item, orphanFinalizer);
  }

  /** Deletes what is in a namespace; when nothing is left there, the namespace goes. */
  async #empty(namespace: Item): Promise<void> {
    const { cache, registry } = this.#parts;
    const { name } = namespace.object.metadata;
    let left = 0;
    for (const type of this.#namespacedTypes()) {
      const prefix = objects.prefix(type.plural, name);
      for (const { key, object } of cache.list(prefix)) {
        if (object.metadata.deletionTimestamp === undefined) {
          await this.#delete({ key, type, object }, 'Background').catch(ignoreNotFound);
        }
      }
      left += cache.list(prefix).length;
    }
    if (left === 0) await registry.update(namespace.type, name, emptied, { part: 'finalize' });
  }

  #stateOf(owner: OwnerReference, { object }: Item): 'there' | 'waiting' | 'gone' {
    const key = this.#keyOfOwner(owner, object.metadata.namespace ?? '');
    // Of a kind that is not kept here nothing is known.
    if (key === undefined) return 'there';
    const found = this.#item(key)?.object.metadata;
    if (found?.uid !== owner.uid) return 'gone';
    const waits = found.deletionTimestamp !== undefined && found.finalizers?.includes(foregroundFinalizer);
    return waits ? 'waiting' : 'there';
  }

  /** The key under which an owner would be; an owner is of the namespace of its dependent, or of none. */
  #keyOfOwner({ apiVersion, kind, name }: OwnerReference, namespace: string): string | undefined {
    const group = groupOf(apiVersion);
    const type = this.#parts.types.find(
      candidate => candidate.kind === kind && groupOf(groupVersion(candidate)) === group,
    );
    if (type === undefined || (type.namespaced && namespace === '')) return undefined;
    try {
      return objects.key(type.plural, type.namespaced ? namespace : undefined, name);
    } catch {
      return undefined;
    }
  }

  #item(key: string): Item | undefined {
    const type = this.#types.get(key.slice(0, key.indexOf('.')));
    const object = this.#parts.cache.get(key)?.object;
    return type === undefined || object === undefined ? undefined : { key, type, object };
  }

  *#namespacedTypes(): Iterable<ResourceType> {
    for (const type of this.#parts.types) if (type.namespaced) yield type;
  }

  async #delete({ type, object }: Item, propagation: Propagation | undefined): Promise<void> {
    const { name, namespace, uid, resourceVersion } = object.metadata;
    await this.#parts.registry.delete(type, name, {
      preconditions: { uid, resourceVersion },
      ...(namespace === undefined ? {} : { namespace }),
      ...(propagation === undefined ? {} : { propagation }),
    });
  }

  /** The item no longer names these owners. */
  async #forget(item: Item, uids: ReadonlySet<string>): Promise<void> {
    await this.#update(item, ({ ownerReferences = [], ...metadata }) => ({
      ...metadata,
      ownerReferences: ownerReferences.filter(({ uid }) => !uids.has(uid)),
    }));
  }

  async #withoutFinalizer(item: Item, finalizer: string): Promise<void> {
    await this.#update(item, ({ finalizers = [], ...metadata }) => ({
      ...metadata,
      finalizers: finalizers.filter(name => name !== finalizer),
    }));
  }

  /** Changes the metadata of this very object, and of no later one of its name. */
  async #update(
    { type, object }: Item,
    change: (metadata: ApiObject['metadata']) => ApiObject['metadata'],
  ): Promise<void> {
    const { name, namespace, uid } = object.metadata;
    await this.#parts.registry.update(
      type,
      name,
      current => (current.metadata.uid === uid ? { ...current, metadata: change(current.metadata) } : current),
      namespace === undefined ? {} : { namespace },
    );
  }
}

const uidOf = (kept: KeptObject): string => kept.object.metadata.uid;

const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

const ignoreNotFound = (error: unknown): void => {
  if (DroverError.from(error).code !== 'not-found') throw error;
};
