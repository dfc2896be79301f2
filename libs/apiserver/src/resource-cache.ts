import { expired } from './failures.ts';
import type { ApiObject } from './object.ts';

/** A change of one object, as watchers see it. */
export interface CacheEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  /** As it is after the change; for DELETED, as it was last, with the deletion's resourceVersion. */
  readonly object: ApiObject;
  readonly previous: ApiObject | undefined;
}

/**
 * How many past changes of a resource are kept for watches that resume. client-go resumes within seconds; a thousand
 * covers a burst of status writes to a thousand clusters in between, and costs some MB at most.
 */
export const windowEvents = 1000;

/** The objects of one resource and the window of their last changes. Pure: it is told what happened. */
export class ResourceCache {
  readonly #objects: Map<string, ApiObject>;
  readonly #window: CacheEvent[] = [];
  /** Every change after this revision is in the window. */
  #completeAfter: number;

  constructor(objects: Map<string, ApiObject>, revision: number) {
    this.#objects = objects;
    this.#completeAfter = revision;
  }

  get(key: string): ApiObject | undefined {
    return this.#objects.get(key);
  }

  /** All objects, by key. */
  entries(): [string, ApiObject][] {
    return [...this.#objects].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  put(key: string, object: ApiObject, revision: number): void {
    const previous = this.#objects.get(key);
    this.#objects.set(key, object);
    this.#remember({ type: previous === undefined ? 'ADDED' : 'MODIFIED', revision, object, previous });
  }

  delete(key: string, revision: number): void {
    const previous = this.#objects.get(key);
    if (previous === undefined) return;
    this.#objects.delete(key);
    const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } };
    this.#remember({ type: 'DELETED', revision, object, previous });
  }

  /** The changes after `revision`, oldest first. Throws `gone` where the window does not reach back so far. */
  since(revision: number): readonly CacheEvent[] {
    if (revision < this.#completeAfter) throw expired(revision, this.#completeAfter);
    let low = 0;
    let high = this.#window.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#window[middle]?.revision ?? 0) > revision) high = middle;
      else low = middle + 1;
    }
    return this.#window.slice(low);
  }

  #remember(event: CacheEvent): void {
    this.#window.push(event);
    if (this.#window.length > windowEvents) this.#completeAfter = this.#window.shift()?.revision ?? this.#completeAfter;
  }
}
