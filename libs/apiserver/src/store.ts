import type { ApiObject } from './object.ts';

/** What a store tells its one watcher. Between `reset` and `ready` comes everything that it holds. */
export type StoreEvent =
  | { readonly type: 'reset' }
  | { readonly type: 'put'; readonly key: string; readonly revision: number; readonly object: ApiObject }
  | { readonly type: 'delete'; readonly key: string; readonly revision: number }
  /** `revision`: the last that was written, of a deletion too. */
  | { readonly type: 'ready'; readonly revision: number };

/**
 * Where objects are kept. Revisions rise over the whole store by every write and are the resourceVersions.
 * An object is stored without its `metadata.resourceVersion`: its revision is that.
 */
export interface Store {
  /** Its revision. Throws `already-exists`. */
  create(key: string, object: ApiObject): Promise<number>;
  /** The new revision. Throws `conflict` unless `revision` is the key's last. */
  update(key: string, object: ApiObject, revision: number): Promise<number>;
  /** Throws `conflict` unless `revision` is the key's last. */
  delete(key: string, revision: number): Promise<void>;
  /** Everything that is there, then every change, until `signal` aborts. After a loss that it cannot mend: `reset` again. */
  watch(signal: AbortSignal): AsyncIterable<StoreEvent>;
}
