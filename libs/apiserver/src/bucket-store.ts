import { DroverError } from '@drover/errors';
import { type ApiObject, isRecord } from './object.ts';
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
  delete(key: string, revision: number): Promise<unknown>;
  watch(pattern: string, options: { readonly signal: AbortSignal }): AsyncIterable<BucketEvent>;
}

/** A {@link Store} of JSON in a bucket. A value that is no object is told to `onProblem` and left out. */
export function bucketStore(bucket: Bucket, onProblem: (error: DroverError) => void = () => {}): Store {
  return {
    async create(key, object) {
      try {
        return await bucket.create(key, encode(object));
      } catch (error) {
        if (!(error instanceof DroverError && error.code === 'conflict')) throw error;
        throw new DroverError('already-exists', `${key} exists`, { cause: error });
      }
    },
    update: (key, object, revision) => bucket.update(key, encode(object), revision),
    async delete(key, revision) {
      await bucket.delete(key, revision);
    },
    async *watch(signal): AsyncIterable<StoreEvent> {
      yield { type: 'reset' };
      for await (const event of bucket.watch('>', { signal })) {
        if (event.operation === 'reset') yield { type: 'reset' };
        else if (event.operation === 'initialised') yield { type: 'ready', revision: event.revision };
        else if (event.operation === 'delete') yield { type: 'delete', key: event.key, revision: event.revision };
        else {
          const object = decode(event.value);
          if (object !== undefined) yield { type: 'put', key: event.key, revision: event.revision, object };
          else onProblem(new DroverError('internal', `${event.key} at revision ${event.revision} holds no object`));
        }
      }
    },
  };
}

const encode = (object: ApiObject): Uint8Array => Buffer.from(JSON.stringify(object), 'utf8');

function decode(value: Uint8Array): ApiObject | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value).toString('utf8'));
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is ApiObject =>
  isRecord(value) &&
  typeof value['apiVersion'] === 'string' &&
  typeof value['kind'] === 'string' &&
  isRecord(value['metadata']) &&
  typeof value['metadata']['name'] === 'string';
