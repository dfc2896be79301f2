/** What a store tells its one watcher. Between `reset` and `ready` comes everything that it holds. */
export type StoreEvent =
  | { readonly type: 'reset' }
  | { readonly type: 'put'; readonly key: string; readonly revision: number; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly key: string; readonly revision: number }
  /** `revision`: the last that was written, of a deletion too. */
  | { readonly type: 'ready'; readonly revision: number };

/**
 * Where objects are kept, each as the bytes that `storedBytes` makes. Revisions rise by one with every write, whichever
 * key it is of, and are the resourceVersions.
 */
export interface Store {
  /** Its revision. Throws `already-exists`. */
  create(key: string, value: Uint8Array): Promise<number>;
  /** The new revision. Throws `conflict` unless `revision` is the key's last. */
  update(key: string, value: Uint8Array, revision: number): Promise<number>;
  /** The revision of the deletion. Throws `conflict` unless `revision` is the key's last. */
  delete(key: string, revision: number): Promise<number>;
  /** The last revision that was written: what a reader must have seen who is to miss nothing. */
  lastRevision(): Promise<number>;
  /** Everything that is there, then every change, until `signal` aborts. After a loss that it cannot mend: `reset` again. */
  watch(signal: AbortSignal): AsyncIterable<StoreEvent>;
}
