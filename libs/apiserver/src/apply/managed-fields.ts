import type { ManagedFieldsEntry } from '@drover/contracts';
import { isRecord } from '../object.ts';
import { decodeSet, encodeSet, type FieldSet, isEmpty, union } from './field-set.ts';

/** Who wrote: one owner of fields. */
export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string | undefined;
}

/** What one manager owns, and since when. */
export interface Ownership {
  readonly manager: Manager;
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

/** All owners of one object's fields by {@link managerKey}. */
export type Owners = ReadonlyMap<string, Ownership>;

/** Nobody. */
export const noOwners: Owners = new Map();

/** What tells managers apart. Who applies stays the same in another version of the API. */
export const managerKey = (manager: Manager): string =>
  JSON.stringify([
    manager.name,
    manager.operation,
    manager.operation === 'Apply' ? '' : manager.apiVersion,
    manager.subresource ?? '',
  ]);

/** The stored owners. Throws `SyntaxError` where an entry is malformed. */
export function decodeOwners(entries: unknown): Owners {
  if (entries === undefined || entries === null) return noOwners;
  if (!Array.isArray(entries)) throw new SyntaxError('managedFields is a list');
  return new Map(
    entries.map((entry: unknown) => {
      const ownership = decodeEntry(entry);
      return [managerKey(ownership.manager), ownership];
    }),
  );
}

function decodeEntry(entry: unknown): Ownership {
  const { manager, operation, apiVersion, time, fieldsType, fieldsV1, subresource } = isRecord(entry) ? entry : {};
  if (operation !== 'Apply' && operation !== 'Update') throw new SyntaxError('operation must be `Apply` or `Update`');
  if (typeof apiVersion !== 'string' || apiVersion === '') throw new SyntaxError('apiVersion must not be empty');
  if (fieldsType !== 'FieldsV1') throw new SyntaxError('fieldsType must be `FieldsV1`');
  if (typeof time === 'string' && Number.isNaN(Date.parse(time))) throw new SyntaxError('time is as in RFC 3339');
  return {
    manager: {
      name: typeof manager === 'string' ? manager : '',
      operation,
      apiVersion,
      subresource: typeof subresource === 'string' && subresource !== '' ? subresource : undefined,
    },
    time: typeof time === 'string' ? time : undefined,
    fields: decodeSet(fieldsV1 ?? {}),
  };
}

/** The owners that are stored; none where they cannot be read, for a write must not fail by them. */
export function readOwners(entries: unknown): Owners {
  try {
    return decodeOwners(entries);
  } catch (error) {
    if (error instanceof SyntaxError) return noOwners;
    throw error;
  }
}

/** The owners as they are stored, in a stable order; undefined for nobody. */
export function encodeOwners(owners: Owners): ManagedFieldsEntry[] | undefined {
  const held = [...owners.values()].filter(({ fields }) => !isEmpty(fields));
  if (held.length === 0) return undefined;
  return held.sort(compareOwnerships).map(({ manager, time, fields }) => ({
    manager: manager.name,
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeSet(fields),
    ...(manager.subresource === undefined ? {} : { subresource: manager.subresource }),
  }));
}

function compareOwnerships(a: Ownership, b: Ownership): number {
  return (
    order(a.manager.operation, b.manager.operation) ||
    secondsOf(a) - secondsOf(b) ||
    order(a.manager.name, b.manager.name) ||
    order(a.manager.apiVersion, b.manager.apiVersion) ||
    order(a.manager.subresource ?? '', b.manager.subresource ?? '')
  );
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const secondsOf = ({ time }: Ownership): number => (time === undefined ? 0 : Math.floor(Date.parse(time) / 1000));

/** So many managers that update are kept apart, as in Kubernetes: a client with ever new names must not fill the object. */
export const maxUpdateManagers = 10;

/** Under this name the oldest of too many managers are kept together. */
const ancientManager = 'ancient-changes';

/** The owners with the oldest of too many that update put together. */
export function capped(owners: Owners): Owners {
  const updates = [...owners].filter(([, { manager }]) => manager.operation === 'Update');
  let excess = updates.length - maxUpdateManagers;
  if (excess <= 0) return owners;
  const oldestFirst = updates.sort(([a, left], [b, right]) => secondsOf(left) - secondsOf(right) || order(a, b));
  const left = new Map(owners);
  const first = new Map<string, string>();
  for (const [key, { manager, time, fields }] of oldestFirst) {
    if (excess <= 0) break;
    const { apiVersion } = manager;
    const bucket: Manager = { name: ancientManager, operation: 'Update', apiVersion, subresource: undefined };
    const bucketKey = managerKey(bucket);
    const firstKey = first.get(apiVersion);
    if (firstKey === undefined) {
      first.set(apiVersion, key);
      continue;
    }
    const kept = left.get(bucketKey) ?? left.get(firstKey);
    left.delete(firstKey);
    left.delete(key);
    left.set(bucketKey, { manager: bucket, time, fields: kept === undefined ? fields : union(kept.fields, fields) });
    excess--;
  }
  return left;
}
