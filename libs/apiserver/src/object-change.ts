import { DroverError } from '@drover/errors';
import { conflict } from './failures.ts';
import { type ApiObject, fieldsOf } from './object.ts';
import type { ResourceType } from './resource-type.ts';

/** Which part of an object a change may touch. */
export type Part = 'main' | 'status';

/**
 * `next` with what a client may not change taken from `current`. Throws `conflict` where `next` is of another version, or
 * another object, and `bad-request` where it has another name.
 */
export function mergedObject<T extends ApiObject>(type: ResourceType<T>, current: T, next: T, part: Part): T {
  const { metadata } = current;
  if (next.metadata.resourceVersion !== '' && next.metadata.resourceVersion !== metadata.resourceVersion) {
    throw conflict(type, metadata.name);
  }
  if (next.metadata.uid !== '' && next.metadata.uid !== metadata.uid) {
    const both = `${next.metadata.uid}, UID in object meta: ${metadata.uid}`;
    throw conflict(type, metadata.name, `Precondition failed: UID in precondition: ${both}`);
  }
  if (next.metadata.name !== metadata.name) {
    throw new DroverError('bad-request', 'the name of the object does not match the name on the URL');
  }
  if (type.status && part === 'status') return withField(current, 'status', next);
  const { labels: _, annotations: __, managedFields: ___, ...fixed } = metadata;
  const { labels, annotations, managedFields } = next.metadata;
  const merged: T = {
    ...next,
    metadata: {
      ...fixed,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(managedFields === undefined ? {} : { managedFields }),
    },
  };
  const result = type.status ? withField(merged, 'status', current) : merged;
  if (!same(fieldsOf(result)['spec'], fieldsOf(current)['spec']))
    result.metadata.generation = (metadata.generation ?? 1) + 1;
  return result;
}

function withField<T extends ApiObject>(object: T, field: string, from: ApiObject): T {
  const copy = { ...object };
  const value = fieldsOf(from)[field];
  if (value === undefined) Reflect.deleteProperty(copy, field);
  else Reflect.set(copy, field, value);
  return copy;
}

/** Equal as JSON, whatever the order of fields. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return left.length === right.size && left.every(([key, value]) => right.has(key) && same(value, right.get(key)));
}
