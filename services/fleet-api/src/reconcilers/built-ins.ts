import type { ApiObject, Registry, ResourceType, WatchCache } from '@drover/apiserver';
import type { Clock } from '@drover/async';
import { DroverError } from '@drover/errors';
import type { Logger } from '@drover/telemetry';
import {
  bindingObjects,
  builtInEdition,
  editionAnnotation,
  globalRoleObjects,
  roleTemplateObjects,
} from '../access/built-ins.ts';
import { globalRoleBindings, globalRoles, roleTemplates } from '../resources/index.ts';

/** After a failure; a store that is away says so to everybody else too. */
const retryMs = 10_000;
/** What people may change of a built-in role template. */
const free: readonly string[] = ['locked', 'creatorDefault'];

interface Parts {
  readonly registry: Registry;
  readonly cache: WatchCache;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Built = ApiObject & { spec: object };

/**
 * Keeps what the hub ships as it is: roles, role templates and the first bindings are made at the first start, and made
 * again, or set back, whenever they are not as they should be. Several replicas may do so at once: each write is a
 * compare-and-set of the same content.
 */
export class BuiltInsReconciler {
  readonly #parts: Parts;
  readonly #stack = new DisposableStack();
  #running: Promise<void> | undefined;
  #again = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Resolves when everything is there. Throws what the store throws. */
  async start(): Promise<void> {
    await this.#reconcile();
    for (const { plural } of [globalRoles, roleTemplates, globalRoleBindings])
      this.#stack.defer(this.#parts.cache.onChange(plural, { wake: () => this.#wake() }));
    this.#wake();
  }

  /** Resolves when what is under way is done. */
  async close(): Promise<void> {
    this.#again = false;
    this.#stack.dispose();
    await this.#running;
  }

  #wake(): void {
    if (this.#stack.disposed) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stack.disposed && !this.#parts.cache.closed) {
      this.#again = false;
      try {
        await this.#reconcile();
      } catch (error) {
        this.#parts.logger.warn({ err: error }, 'a built-in role could not be restored; it is tried again');
        if (!this.#stack.disposed) this.#stack.defer(this.#parts.clock.after(retryMs, () => this.#wake()));
      }
    }
  }

  async #reconcile(): Promise<void> {
    for (const role of globalRoleObjects) await this.#restore(globalRoles, role);
    for (const role of roleTemplateObjects) await this.#restore(roleTemplates, role, free);
    for (const binding of bindingObjects) await this.#restore(globalRoleBindings, binding);
  }

  async #restore<T extends Built>(type: ResourceType<T>, wanted: T, freeFields: readonly string[] = []): Promise<void> {
    const { name } = wanted.metadata;
    const { registry, logger } = this.#parts;
    const found = registry.find(type, name);
    try {
      if (found === undefined) {
        await registry.create(type, wanted);
        logger.debug({ kind: type.kind, name }, 'a built-in object was made');
      } else if (setBack(found, wanted, freeFields) !== found) {
        await registry.update(type, name, current => setBack(current, wanted, freeFields));
        logger.info({ kind: type.kind, name }, 'a built-in object was set back');
      }
    } catch (error) {
      const { code } = DroverError.from(error);
      // Another replica was quicker, or it was deleted meanwhile, which wakes this again.
      if (code === 'already-exists' || code === 'conflict' || code === 'not-found') return;
      // A binding cannot be changed, only made anew.
      if (code === 'invalid' && found !== undefined) await registry.delete(type, name);
      else throw error;
    }
  }
}

/** The object as it should be; the very same where it is so already, or where a newer edition of the hub wrote it. */
function setBack<T extends Built>(current: T, wanted: T, freeFields: readonly string[]): T {
  const edition = current.metadata.annotations?.[editionAnnotation];
  if (Number(edition) > builtInEdition) return current;
  const kept = Object.entries(current.spec).filter(([field]) => freeFields.includes(field));
  const spec = { ...wanted.spec, ...Object.fromEntries(kept) };
  if (edition === String(builtInEdition) && JSON.stringify(spec) === JSON.stringify(inOrderOf(spec, current.spec)))
    return current;
  const annotations = { ...current.metadata.annotations, [editionAnnotation]: String(builtInEdition) };
  return { ...current, metadata: { ...current.metadata, annotations }, spec };
}

/** `value` with its fields in the order of those of `pattern`, as far as it has them. */
function inOrderOf(pattern: unknown, value: unknown): unknown {
  if (Array.isArray(pattern) && Array.isArray(value)) return value.map((item, at) => inOrderOf(pattern[at], item));
  if (typeof pattern !== 'object' || pattern === null || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(pattern) || Array.isArray(value)) return value;
  const names = new Set([...Object.keys(pattern), ...Object.keys(value)]);
  return Object.fromEntries(
    [...names]
      .filter(name => Object.hasOwn(value, name))
      .map(name => [name, inOrderOf(Reflect.get(pattern, name), Reflect.get(value, name))]),
  );
}
