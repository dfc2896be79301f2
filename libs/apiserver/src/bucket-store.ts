import { DroverError } from '@drover/errors';
import type { Store, StoreEvent } from './store.ts';

/** What a bucket of bytes tells a watcher. */
export type BucketEvent =
  | { readonly operation: 'put'; readonly key: string; readonly revision: number; readonly value: Uint8Array }
  | { readonly operation: 'delete'; readonly key: string; readonly revision: number }
  | { readonly operation: 'initialised'; readonly revision: number }
  | { readonly operation: 'reset' };

/** The bucket that a {@link bucketStore} needs; `ObjectBucket` of `@drover/bus` is one. */
export interface Bucket {
  create(key: string, value: Uint8Array): Promise<number>;
  update(key: string, value: Uint8Array, revision: number): Promise<number>;
  delete(key: string, revision: number): Promise<number>;
  lastRevision(): Promise<number>;
  watch(pattern: string, options: { readonly signal: AbortSignal }): AsyncIterable<BucketEvent>;
}

/** A {@link Store} in a bucket. */
export function bucketStore(bucket: Bucket): Store {
  return {
    async create(key, value) {
      try {
        return await bucket.create(key, value);
      } catch (error) {
        if (!(error instanceof DroverError && error.code === 'conflict')) throw error;
        throw new DroverError('already-exists', `${key} exists`, { cause: error });
      }
    },
    update: (key, value, revision) => bucket.update(key, value, revision),
    delete: (key, revision) => bucket.delete(key, revision),
    lastRevision: () => bucket.lastRevision(),
    async *watch(signal): AsyncIterable<StoreEvent> {
      yield { type: 'reset' };
      for await (const event of bucket.watch('>', { signal })) yield storeEvent(event);
    },
  };
}

function storeEvent(event: BucketEvent): StoreEvent {
  switch (event.operation) {
    case 'reset':
      return { type: 'reset' };
    case 'initialised':
      return { type: 'ready', revision: event.revision };
    case 'delete':
      return { type: 'delete', key: event.key, revision: event.revision };
    case 'put':
      return { type: 'put', key: event.key, revision: event.revision, value: event.value };
  }
}
