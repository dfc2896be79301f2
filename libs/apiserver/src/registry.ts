import { type Clock, systemClock } from '@drover/async';
import { isLabel, isSubdomain, objects } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { CachedStore } from './cached-store.ts';
import { deletionMark, isHeld, type Propagation } from './deletion.ts';
import { checkObject, generatedName } from './draft.ts';
import {
  alreadyExists,
  beingDeleted,
  conflict,
  invalid,
  namespaceTerminating,
  noFreeName,
  notFound,
} from './failures.ts';
import type { FieldError } from './field-errors.ts';
import type { KeptObject } from './kept-object.ts';
import { metadataChangeErrors, metadataErrors } from './metadata-rules.ts';
import { isNamespaces, newNamespace } from './namespaces.ts';
import type { ApiObject } from './object.ts';
import { mergedObject, type Part, same } from './object-change.ts';
import type { ResourceType } from './resource-type.ts';
import type { Store } from './store.ts';
import { timestamp } from './timestamp.ts';
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
  /** The kind of namespaces: objects are made only in those that are there. Absent: any namespace will do. */
  readonly namespaces?: ResourceType | undefined;
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

/** How a deletion is made. */
export interface DeleteOptions {
  readonly namespace?: string;
  readonly dryRun?: boolean;
  readonly preconditions?: Preconditions;
  /** What becomes of what the object owns; absent: as its finalizers say, otherwise `Background`. */
  readonly propagation?: Propagation;
}

/** What a deletion came to. */
export interface Deleted<T extends ApiObject> {
  /** As it was last, or as it is while something holds it back. */
  readonly object: T;
  readonly gone: boolean;
}

/** What happens beside creations and deletions; the caller is told when it is done. */
export interface Hooks<T extends ApiObject> {
  afterCreate?(object: T): Promise<void>;
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
  readonly #namespaces: ResourceType | undefined;
  readonly #hooks = new Map<string, Hooks<ApiObject>[]>();

  constructor(options: RegistryOptions) {
    this.#store = new CachedStore(options.store, options.cache);
    this.#cache = options.cache;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#newUid = options.newUid ?? (() => crypto.randomUUID());
    this.#steps = options.steps ?? [];
    this.#namespaces = options.namespaces;
  }

  /** Adds what happens beside the creations and deletions of a resource, whoever makes them. */
  hook<T extends ApiObject>(type: ResourceType<T>, hooks: Hooks<T>): void {
    this.#hooks.set(type.plural, [...this.#hooksOf(type), hooks]);
  }

  #hooksOf(type: ResourceType): readonly Hooks<ApiObject>[] {
    return this.#hooks.get(type.plural) ?? [];
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
    return this.#cache.list(objects.prefix(type.plural, namespace)).flatMap(({ object }) => typed(type, object) ?? []);
  }

  /**
   * Stores a new object. Of its metadata all that a client may set counts; the rest is made here, a name from
   * `generateName` too. Throws `already-exists`, `invalid`, and `not-found` or `forbidden` for its namespace.
   */
  async create<T extends ApiObject>(type: ResourceType<T>, draft: T, options: WriteOptions = {}): Promise<T> {
    const { name, generateName = '', namespace } = draft.metadata;
    const generates = name === '' && generateName !== '';
    this.#requireNamespace(type, name, namespace);
    for (let tries = 1; ; tries++) {
      const made = this.#made(type, draft, generates ? generatedName(generateName, this.#random) : name);
      const object = this.#passed(type, undefined, made, options);
      try {
        return await this.#create(type, object, options.dryRun ?? false);
      } catch (error) {
        if (!generates || !isCode(error, 'already-exists')) throw error;
        // KEP-4420: a generated name that is taken is no fault of the caller's.
        if (tries === maxTries) throw noFreeName(type, object.metadata.name);
      }
    }
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
      const wanted = change(structuredClone(current));
      const merged = mergedObject(type, current, wanted, options.part ?? 'main');
      const refused =
        (options.part ?? 'main') === 'main' ? metadataChangeErrors(wanted.metadata, current.metadata) : [];
      const next = this.#passed(type, current, merged, options, refused);
      if (same(current, next)) return current;
      if (options.dryRun) return next;
      const goes = current.metadata.deletionTimestamp !== undefined && !isHeld(next);
      const written = goes ? await this.#removed(type, next) : await this.#replaced(type, next);
      if (written !== undefined) return written;
      if (tries === maxTries) throw conflict(type, name);
      await this.#newer(type, current);
    }
  }

  /**
   * Deletes the object, or marks it where something holds it back: it goes with the change that removes its last
   * finalizer. Throws `not-found`, and `conflict` for a precondition.
   */
  async delete<T extends ApiObject>(
    type: ResourceType<T>,
    name: string,
    options: DeleteOptions = {},
  ): Promise<Deleted<T>> {
    for (let tries = 1; ; tries++) {
      const current = this.get(type, name, options.namespace);
      requirePreconditions(type, current, options.preconditions ?? {});
      const marked = deletionMark(type, current, options.propagation, this.#clock.now());
      if (marked !== undefined && same(marked, current)) return { object: current, gone: false };
      if (options.dryRun) return { object: marked ?? current, gone: marked === undefined };
      const written = marked === undefined ? await this.#removed(type, current) : await this.#replaced(type, marked);
      if (written !== undefined) return { object: written, gone: marked === undefined };
      if (tries === maxTries) throw conflict(type, name);
      await this.#newer(type, current);
    }
  }

  /**
   * Why a write is refused whose fields are wrong by themselves: told together with what is wrong besides, so that a client
   * learns all at once. `before` is undefined where the object would be made. Throws what is told before (`conflict`,
   * `not-found` for the namespace).
   */
  refusal(
    type: ResourceType,
    before: ApiObject | undefined,
    wanted: ApiObject,
    mistakes: readonly FieldError[],
    part: Part = 'main',
  ): DroverError {
    const { name, generateName = '', namespace } = wanted.metadata;
    let { metadata } = wanted;
    if (before === undefined) {
      this.#requireNamespace(type, name, namespace);
      if (name === '' && generateName !== '') {
        metadata = { ...metadata, name: generatedName(generateName, this.#random) };
      }
    } else metadata = mergedObject(type, before, wanted, part).metadata;
    const refused =
      before === undefined || part !== 'main' ? [] : metadataChangeErrors(wanted.metadata, before.metadata);
    return invalid(type, metadata.name, [...refused, ...metadataErrors(metadata, type.namespaced), ...mistakes]);
  }

  /** A new object with all that the registry makes by itself. */
  #made<T extends ApiObject>(type: ResourceType<T>, draft: T, name: string): T {
    const { deletionTimestamp: _, deletionGracePeriodSeconds: __, ...metadata } = draft.metadata;
    const made: T = {
      ...draft,
      metadata: {
        ...metadata,
        name,
        uid: this.#newUid(),
        resourceVersion: '',
        generation: 1,
        creationTimestamp: timestamp(this.#clock.now()),
      },
    };
    if (type.status) Reflect.deleteProperty(made, 'status');
    return isNamespaces(type) ? newNamespace(made) : made;
  }

  #requireNamespace(type: ResourceType, name: string, namespace: string | undefined): void {
    if (!type.namespaced || namespace === undefined || this.#namespaces === undefined) return;
    const found = this.get(this.#namespaces, namespace);
    if (found.metadata.deletionTimestamp !== undefined) throw namespaceTerminating(type, name, namespace);
  }

  async #create<T extends ApiObject>(type: ResourceType<T>, object: T, dryRun: boolean): Promise<T> {
    const key = keyOf(type, object);
    if (this.#cache.get(key) !== undefined) throw this.#there(type, object);
    if (dryRun) return object;
    const kept = await this.#store.create(key, object).catch(error => {
      throw isCode(error, 'already-exists') ? this.#there(type, object) : error;
    });
    const created = versioned(object, kept.revision);
    for (const hooks of this.#hooksOf(type)) await hooks.afterCreate?.(created);
    return created;
  }

  /** Why an object of this name cannot be made: it is there, or still goes. */
  #there(type: ResourceType, { metadata: { name, namespace } }: ApiObject): DroverError {
    const goes = this.find(type, name, namespace)?.metadata.deletionTimestamp !== undefined;
    return goes ? beingDeleted(type, name) : alreadyExists(type, name);
  }

  /** `next` in the place of the object whose revision it carries; undefined: somebody else was quicker. */
  async #replaced<T extends ApiObject>(type: ResourceType<T>, next: T): Promise<T | undefined> {
    const revision = Number(next.metadata.resourceVersion);
    const kept = await unlessConflict(this.#store.update(keyOf(type, next), next, revision));
    return kept === undefined ? undefined : versioned(next, kept.revision);
  }

  /** `last`, once the object whose revision it carries is removed; undefined: somebody else was quicker. */
  async #removed<T extends ApiObject>(type: ResourceType<T>, last: T): Promise<T | undefined> {
    for (const hooks of this.#hooksOf(type)) await hooks.beforeDelete?.(last);
    const removal = this.#store.delete(keyOf(type, last), Number(last.metadata.resourceVersion));
    if ((await unlessConflict(removal.then(() => true))) === undefined) return undefined;
    for (const hooks of this.#hooksOf(type)) await hooks.afterDelete?.(last);
    return last;
  }

  /** What is to be stored: the one place that every write passes. Throws `invalid`. */
  #passed<T extends ApiObject>(
    type: ResourceType<T>,
    before: T | undefined,
    merged: T,
    { part = 'main', operation = 'Update', manager }: WriteOptions & { part?: Part },
    refused: readonly FieldError[] = [],
  ): T {
    const errors = [...refused, ...checkObject(type, merged, before)];
    if (errors.length > 0) throw invalid(type, merged.metadata.name, errors);
    const write: Write<T> = { type, before, after: merged, part, operation, manager, nowMs: this.#clock.now() };
    return this.#steps.reduce((object, step) => step({ ...write, after: object }), merged);
  }

  /** Waits until reads see something newer than `current`. */
  async #newer(type: ResourceType, current: ApiObject): Promise<void> {
    const { resourceVersion } = current.metadata;
    const key = keyOf(type, current);
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

/** The result of a compare-and-set; undefined where the comparison failed. */
const unlessConflict = <T>(write: Promise<T>): Promise<T | undefined> =>
  write.catch(error => {
    if (isCode(error, 'conflict')) return undefined;
    throw error;
  });

const keyOf = (type: ResourceType, { metadata }: ApiObject): string =>
  objects.key(type.plural, metadata.namespace, metadata.name);

function requirePreconditions(
  type: ResourceType,
  { metadata, kind }: ApiObject,
  { uid, resourceVersion }: Preconditions,
): void {
  const about = { group: type.group, plural: kind };
  if (uid !== undefined && uid !== metadata.uid) {
    const both = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid})`;
    throw conflict(about, metadata.name, `${both}. The object might have been deleted and then recreated`);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const both = `(${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion})`;
    throw conflict(
      about,
      metadata.name,
      `the ResourceVersion in the precondition ${both}. The object might have been modified`,
    );
  }
}

const isCode = (error: unknown, code: DroverError['code']): boolean =>
  error instanceof DroverError && error.code === code;
