import type { ObjectMeta } from '@drover/contracts';
import { conflict } from './failures.ts';
import { changedNamespace, isNamespaces } from './namespaces.ts';
import { type ApiObject, fieldsOf } from './object.ts';
import type { ResourceType } from './resource-type.ts';

/** Which part of an object a change may touch; `finalize` is the `spec` of a namespace, which nothing else changes. */
export type Part = 'main' | 'status' | 'finalize';

/** `next` with what a client may not change taken from `current`. Throws `conflict` where `next` is of another version. */
export function mergedObject<T extends ApiObject>(type: ResourceType<T>, current: T, next: T, part: Part): T {
  const { metadata } = current;
  if (next.metadata.resourceVersion !== '' && next.metadata.resourceVersion !== metadata.resourceVersion) {
    throw conflict(type, metadata.name);
  }
  if (type.status && part === 'status') {
    const changed = withField(current, 'status', next);
    return { ...changed, metadata: metadataOf(metadata, { ...metadata, ...managed(next.metadata) }) };
  }
  if (part === 'finalize') return withField(current, 'spec', next);
  const merged: T = { ...next, metadata: metadataOf(metadata, next.metadata) };
  let result = type.status ? withField(merged, 'status', current) : merged;
  if (isNamespaces(type)) result = changedNamespace(result, current);
  if (!same(wantedOf(type, result), wantedOf(type, current))) {
    result.metadata.generation = (metadata.generation ?? 1) + 1;
  }
  return result;
}

const managed = ({ managedFields }: ObjectMeta): Partial<ObjectMeta> =>
  managedFields === undefined ? {} : { managedFields };

/** What a client may set is from `next`, the rest from `current`. */
function metadataOf(current: ObjectMeta, next: ObjectMeta): ObjectMeta {
  const {
    labels: _,
    annotations: __,
    managedFields: ___,
    finalizers: ____,
    ownerReferences: _____,
    ...fixed
  } = current;
  const { labels, annotations, managedFields, finalizers, ownerReferences } = next;
  return {
    ...fixed,
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(finalizers === undefined || finalizers.length === 0 ? {} : { finalizers }),
    ...(ownerReferences === undefined || ownerReferences.length === 0 ? {} : { ownerReferences }),
    ...(managedFields === undefined ? {} : { managedFields }),
  };
}

/** `next` with the part that a write to `part` does not touch as it is: of that a client may send anything. */
export function withUntouched<T extends ApiObject>(
  type: ResourceType,
  next: T,
  current: ApiObject,
  part: 'main' | 'status',
): T {
  if (!type.status) return next;
  return part === 'main'
    ? withField(next, 'status', current)
    : withField({ ...next, ...fieldsOf(current), metadata: next.metadata }, 'status', next);
}

/** All that is wanted of an object: what raises its generation when it changes. */
function wantedOf(type: ResourceType, object: ApiObject): unknown {
  const { metadata: _, status, ...wanted } = fieldsOf(object);
  for (const name of type.hidden ?? []) delete wanted[name];
  return type.status || status === undefined ? wanted : { ...wanted, status };
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
