import { type Clock, systemClock } from '@drover/async';
import { isLabel, isSubdomain, objects } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { CachedStore } from './cached-store.ts';
import { checkObject, generatedName } from './draft.ts';
import { alreadyExists, conflict, invalid, notFound } from './failures.ts';
import type { KeptObject } from './kept-object.ts';
import type { ApiObject } from './object.ts';
import { mergedObject, type Part, same } from './object-change.ts';
import type { ResourceType } from './resource-type.ts';
import type { Store } from './store.ts';
import type { WatchCache } from './watch-cache.ts';
import type { Write, WriteStep } from './write.ts';

/** How often a change that names no resourceVersion is tried again when somebody else was quicker. */
const maxTries = 8;

/** What a {@link Registry} works on. */
export interface RegistryOptions {
  readonly store: Store;
  readonly cache: WatchCache;
  readonly clock?: Clock;
  /** A number in [0, 1), for generated names. */
  readonly random?: () => number;
  readonly newUid?: () => string;
  /** What every write passes, in this order. */
  readonly steps?: readonly WriteStep[];
}

/** How a write is made. */
export interface WriteOptions {
  /** Everything is done but the write. */
  readonly dryRun?: boolean;
  /** The field manager that the write counts for; absent: the program itself. */
  readonly manager?: string;
  /** A server-side apply, or any other write (default). */
  readonly operation?: 'Apply' | 'Update';
}

/** What happens beside a deletion; the caller is told when it is done. */
export interface Hooks<T extends ApiObject> {
  /** A throw keeps the object. */
  beforeDelete?(object: T): Promise<void>;
  afterDelete?(object: T): Promise<void>;
}

/** What must hold for a deletion; metav1.Preconditions. */
export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/**
 * Objects with the semantics of the Kubernetes API: uid, generation, resourceVersion, validation, optimistic locking.
 * For the HTTP API and for the program itself; it asks nobody's permission.
 */
export class Registry {
  readonly #store: CachedStore;
  readonly #cache: WatchCache;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #newUid: () => string;
  readonly #steps: readonly WriteStep[];
  readonly #hooks = new Map<string, Hooks<ApiObject>>();

  constructor(options: RegistryOptions) {
    this.#store = new CachedStore(options.store, options.cache);
    this.#cache = options.cache;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#newUid = options.newUid ?? (() => crypto.randomUUID());
    this.#steps = options.steps ?? [];
  }

  /** Sets what happens beside the deletions of a resource, whoever makes them. */
  hook<T extends ApiObject>(type: ResourceType<T>, hooks: Hooks<T>): void {
    this.#hooks.set(type.plural, hooks);
  }

  /** The last revision that reads see. */
  get revision(): number {
    return this.#cache.revision;
  }

  /** The object as it is kept, or undefined. */
  kept(type: ResourceType, name: string, namespace?: string): KeptObject | undefined {
    if (!isSubdomain(name) || (namespace !== undefined && !isLabel(namespace))) return undefined;
    return this.#cache.get(objects.key(type.plural, namespace, name));
  }

  /** The object, or undefined. What it gives is shared: it must not be changed. */
  find<T extends ApiObject>(type: ResourceType<T>, name: string, namespace?: string): T | undefined {
    return typed(type, this.kept(type, name, namespace)?.object);
  }

  /** The object. Throws `not-found`. */
  get<T extends ApiObject>(type: ResourceType<T>, name: string, namespace?: string): T {
    const found = this.find(type, name, namespace);
    if (found === undefined) throw notFound(type, name);
    return found;
  }

  /** Every object of a resource, or of a namespace, by name. Shared: must not be changed. */
  list<T extends ApiObject>(type: ResourceType<T>, namespace?: string): T[] {
    const prefix = namespace === undefined ? `${type.plural}.` : `${type.plural}.${namespace}.`;
    return this.#cache.list(prefix).flatMap(({ object }) => typed(type, object) ?? []);
  }

  /**
   * Stores a new object. Its metadata's name or `generateName` counts, and its labels and annotations; the rest is
   * made here. Throws `already-exists`, `invalid`.
   */
  async create<T extends ApiObject>(
    type: ResourceType<T>,
    draft: T,
    options: WriteOptions & { generateName?: string } = {},
  ): Promise<T> {
    const { name, namespace, labels, annotations, managedFields } = draft.metadata;
    const made: T = {
      ...draft,
      metadata: {
        name:
          name === '' && options.generateName !== undefined ? generatedName(options.generateName, this.#random) : name,
        ...(namespace === undefined ? {} : { namespace }),
        uid: this.#newUid(),
        resourceVersion: '',
        generation: 1,
        creationTimestamp: new Date(this.#clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
        ...(labels === undefined ? {} : { labels }),
        ...(annotations === undefined ? {} : { annotations }),
        ...(managedFields === undefined ? {} : { managedFields }),
      },
    };
    if (type.status) Reflect.deleteProperty(made, 'status');
    const object = this.#passed(type, undefined, made, options);
    const key = objects.key(type.plural, namespace, object.metadata.name);
    if (this.#cache.get(key) !== undefined) throw alreadyExists(type, object.metadata.name);
    if (options.dryRun) return object;
    const kept = await this.#store.create(key, object).catch(error => {
      throw isCode(error, 'already-exists') ? alreadyExists(type, object.metadata.name) : error;
    });
    return versioned(object, kept.revision);
  }

  /**
   * Stores what `change` makes of the object, again on the newest object when somebody else was quicker, unless the
   * result names a resourceVersion other than the object's: then it throws `conflict`. A change that changes nothing
   * writes nothing. Throws `not-found`, `invalid`.
   */
  async update<T extends ApiObject>(
    type: ResourceType<T>,
    name: string,
    change: (current: T) => T,
    options: WriteOptions & { namespace?: string; part?: Part } = {},
  ): Promise<T> {
    for (let tries = 1; ; tries++) {
      const current = this.get(type, name, options.namespace);
      const merged = mergedObject(type, current, change(structuredClone(current)), options.part ?? 'main');
      const next = this.#passed(type, current, merged, options);
      if (same(current, next)) return current;
      if (options.dryRun) return next;
      const key = objects.key(type.plural, options.namespace, name);
      const revision = Number(current.metadata.resourceVersion);
      try {
        return versioned(next, (await this.#store.update(key, next, revision)).revision);
      } catch (error) {
        if (!isCode(error, 'conflict')) throw error;
        if (tries === maxTries) throw conflict(type, name);
        await this.#newer(key, current);
      }
    }
  }

  /** Deletes the object and gives back what it was. Throws `not-found`, and `conflict` for a precondition. */
  async delete<T extends ApiObject>(
    type: ResourceType<T>,
    name: string,
    options: WriteOptions & { namespace?: string; preconditions?: Preconditions } = {},
  ): Promise<T> {
    const { uid, resourceVersion } = options.preconditions ?? {};
    for (let tries = 1; ; tries++) {
      const current = this.get(type, name, options.namespace);
      const found = current.metadata;
      if (uid !== undefined && uid !== found.uid) {
        throw conflict(
          type,
          name,
          `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${found.uid}`,
        );
      }
      if (resourceVersion !== undefined && resourceVersion !== found.resourceVersion) {
        const both = `${resourceVersion}, ResourceVersion in object meta: ${found.resourceVersion}`;
        throw conflict(type, name, `Precondition failed: ResourceVersion in precondition: ${both}`);
      }
      if (options.dryRun) return current;
      const hooks = this.#hooks.get(type.plural);
      await hooks?.beforeDelete?.(current);
      const key = objects.key(type.plural, options.namespace, name);
      try {
        await this.#store.delete(key, Number(found.resourceVersion));
      } catch (error) {
        if (!isCode(error, 'conflict')) throw error;
        if (tries === maxTries) throw conflict(type, name);
        await this.#newer(key, current);
        continue;
      }
      await hooks?.afterDelete?.(current);
      return current;
    }
  }

  /** What is to be stored: the one place that every write passes. Throws `invalid`. */
  #passed<T extends ApiObject>(
    type: ResourceType<T>,
    before: T | undefined,
    merged: T,
    { part = 'main', operation = 'Update', manager }: WriteOptions & { part?: Part },
  ): T {
    const write: Write<T> = { type, before, after: merged, part, operation, manager, nowMs: this.#clock.now() };
    const after = this.#steps.reduce((object, step) => step({ ...write, after: object }), merged);
    const errors = checkObject(type, after, before);
    if (errors.length > 0) throw invalid(type, after.metadata.name, errors);
    return after;
  }

  /** Waits until reads see something newer than `current`. */
  async #newer(key: string, current: ApiObject): Promise<void> {
    const { resourceVersion } = current.metadata;
    await this.#cache.until(
      () => String(this.#cache.get(key)?.revision) !== resourceVersion,
      'the store has a newer object that is not yet seen',
    );
  }
}

/** A stored object of this type; the key says which resource it is of, and only the registry writes. */
const typed = <T extends ApiObject>(type: ResourceType<T>, object: ApiObject | undefined): T | undefined =>
  object !== undefined && object.kind === type.kind ? (object as T) : undefined;

const versioned = <T extends ApiObject>(object: T, revision: number): T => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(revision) },
});

const isCode = (error: unknown, code: DroverError['code']): boolean =>
  error instanceof DroverError && error.code === code;
