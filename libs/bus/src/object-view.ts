import { type HubObject, objects } from '@drover/contracts';
import type { ObjectBucket } from './object-bucket.ts';
import type { ObjectWatch } from './object-watch.ts';

/** What changed: an object (`<name>`, or `<namespace>/<name>`) as it is now (`undefined`: deleted) and as it was. */
export type ViewChange<T> = (name: string, now: T | undefined, before: T | undefined) => void;

export interface ObjectViewOptions<T> {
  onChange?: ViewChange<T>;
  /** `onChange` threw, or the watch has ended by itself; the view goes on with what it has where it can. */
  onDefect?: (error: unknown) => void;
  /** A stored value that is no object: it counts as deleted, and this says so. */
  onUnreadable?: (key: string, error: unknown) => void;
}

/**
 * Every hub object of one resource in memory, kept by one watch: reads make no network call. When the store went back
 * in time the view is read anew beside the old one, which serves until the new one is whole.
 */
export class ObjectView<T extends HubObject> implements AsyncDisposable {
  readonly #watch: ObjectWatch;
  readonly #options: ObjectViewOptions<T>;
  readonly #followed: Promise<void>;
  #objects = new Map<string, T>();
  #rebuilt: Map<string, T> | undefined;
  #initialised = Promise.withResolvers<void>();

  private constructor(bucket: ObjectBucket, resource: string, options: ObjectViewOptions<T>) {
    this.#options = options;
    this.#watch = bucket.watch(objects.all(resource));
    this.#followed = this.#follow();
    this.#followed.catch(error => {
      this.#initialised.reject(error);
      this.#options.onDefect?.(error);
    });
  }

  /** Resolves when everything that is stored is in the view; rejects `forbidden` where this NATS user may not read it. */
  static async open<T extends HubObject>(
    bucket: ObjectBucket,
    resource: string,
    options: ObjectViewOptions<T> = {},
  ): Promise<ObjectView<T>> {
    const view = new ObjectView<T>(bucket, resource, options);
    await view.#initialised.promise;
    return view;
  }

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  values(): MapIterator<T> {
    return this.#objects.values();
  }

  /** When the store was last heard, milliseconds since 1970: the view is complete up to then. */
  get lastHeardMs(): number {
    return this.#watch.lastHeardMs;
  }

  async close(): Promise<void> {
    this.#watch.close();
    await this.#followed.catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #follow(): Promise<void> {
    for await (const event of this.#watch) {
      switch (event.operation) {
        case 'reset':
          this.#rebuilt = new Map();
          break;
        case 'initialised':
          this.#swap();
          this.#initialised.resolve();
          break;
        case 'put':
          this.#put(event.key, event.value);
          break;
        case 'delete':
          this.#set(nameOf(event.key), undefined);
      }
    }
  }

  #put(key: string, value: Uint8Array): void {
    let object: T | undefined;
    try {
      object = JSON.parse(Buffer.from(value).toString('utf8')) as T;
    } catch (error) {
      this.#options.onUnreadable?.(key, error);
    }
    this.#set(nameOf(key), object);
  }

  #set(name: string, now: T | undefined): void {
    const into = this.#rebuilt ?? this.#objects;
    const before = into.get(name);
    if (now === undefined) into.delete(name);
    else into.set(name, now);
    if (into === this.#objects) this.#tell(name, now, before);
  }

  /** A listener's defect must not end the view: a deletion that is not taken in would let a revoked token live. */
  #tell(name: string, now: T | undefined, before: T | undefined): void {
    try {
      this.#options.onChange?.(name, now, before);
    } catch (error) {
      this.#options.onDefect?.(error);
    }
  }

  #swap(): void {
    if (this.#rebuilt === undefined) return;
    const before = this.#objects;
    this.#objects = this.#rebuilt;
    this.#rebuilt = undefined;
    for (const name of new Set([...before.keys(), ...this.#objects.keys()])) {
      this.#tell(name, this.#objects.get(name), before.get(name));
    }
  }
}

/** Of `<resource>.<namespace or _>.<name>`, whose name may hold dots: `<name>`, or `<namespace>/<name>`. */
function nameOf(key: string): string {
  const [, namespace, ...name] = key.split('.');
  return namespace === '_' ? name.join('.') : `${namespace}/${name.join('.')}`;
}
