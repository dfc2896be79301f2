import type { ManagedFieldsEntry } from '@drover/contracts';
import { type ApiObject, fieldsOf, isRecord } from '../object.ts';
import { groupVersion, type ResourceType } from '../resource-type.ts';
import { compare } from './compare.ts';
import { applyConflict, type Conflict, conflictsWith } from './conflicts.ts';
import { difference, equalSets, hasPath, intersection, isEmpty, setOf, union } from './field-set.ts';
import { lastAppliedFields, withLastApplied } from './last-applied.ts';
import {
  capped,
  encodeOwners,
  type Manager,
  managerKey,
  noOwners,
  type Owners,
  type Ownership,
  readOwners,
} from './managed-fields.ts';
import { merge, without } from './merge.ts';
import { partStructure } from './object-structure.ts';
import { ownedFields } from './owned-fields.ts';
import { fieldElement } from './path-element.ts';

/** Who writes, and through which door. */
export interface Writer {
  readonly manager: string;
  readonly subresource?: string | undefined;
}

/** The manager of a write by a client that names none, and whose user agent is empty. */
const unknownManager = 'unknown';

/** Who owns all that an object had before anybody applied, where that was not kept. */
const beforeFirstApply = 'before-first-apply';

/** `metadata` is nobody's, whatever is in it: it stays when the last label goes. */
const metadataItself = setOf([[fieldElement('metadata')]]);

const managerOf = (type: ResourceType, writer: Writer, operation: Manager['operation']): Manager => ({
  name: writer.manager === '' ? unknownManager : writer.manager,
  operation,
  apiVersion: groupVersion(type),
  subresource: writer.subresource,
});

/**
 * The `managedFields` after a write that is not an apply: who wrote owns what it added and changed, and nobody owns what
 * it removed. `live` is undefined for a new object. `requested`: what the client sent as managedFields; a list of one empty
 * entry clears them, and an object without them is not tracked until somebody applies.
 */
export function managedAfterUpdate(
  type: ResourceType,
  live: ApiObject | undefined,
  next: ApiObject,
  requested: unknown,
  writer: Writer,
  nowMs: number,
): ManagedFieldsEntry[] | undefined {
  const owners = ownersForUpdate(type, live, requested, writer);
  if (owners.size === 0 && live !== undefined) return undefined;
  return encodeOwners(capped(updated(type, live, next, owners, managerOf(type, writer, 'Update'), nowMs)));
}

function ownersForUpdate(type: ResourceType, live: ApiObject | undefined, requested: unknown, writer: Writer): Owners {
  const stored = (): Owners => ownersOf(type, live?.metadata.managedFields);
  // managedFields cannot be set through a subresource.
  if (writer.subresource !== undefined) return stored();
  if (Array.isArray(requested) && requested.length === 1 && isBlank(requested[0])) return noOwners;
  const wanted = ownersOf(type, requested);
  // A client that knows nothing of managedFields must not clear them by leaving them out.
  return wanted.size === 0 ? stored() : wanted;
}

const isBlank = (entry: unknown): boolean => isRecord(entry) && Object.keys(entry).length === 0;

/** The owners by this version of the API: what another one called its fields cannot be told here. */
function ownersOf(type: ResourceType, entries: unknown): Owners {
  const all = readOwners(entries);
  return new Map([...all].filter(([, { manager }]) => manager.apiVersion === groupVersion(type)));
}

function updated(
  type: ResourceType,
  live: ApiObject | undefined,
  next: ApiObject,
  owners: Owners,
  manager: Manager,
  nowMs: number,
): Owners {
  const structure = partStructure(type, manager.subresource);
  const { added, modified, removed } = compare(structure, live === undefined ? {} : fieldsOf(live), fieldsOf(next));
  const taken = difference(union(added, modified), metadataItself);
  const left = lost(owners, union(taken, removed));
  if (isEmpty(taken)) return left;
  const key = managerKey(manager);
  const before = left.get(key);
  const fields = before === undefined ? taken : union(before.fields, taken);
  return new Map([...left, [key, { manager, time: timeOf(nowMs), fields }]]);
}

/** The owners without fields that they have lost; who has none left is no owner. */
const lost = (owners: Owners, fields: Ownership['fields']): Map<string, Ownership> =>
  new Map(
    [...owners]
      .map(([key, owner]): [string, Ownership] => [key, { ...owner, fields: difference(owner.fields, fields) }])
      .filter(([, owner]) => !isEmpty(owner.fields)),
  );

const timeOf = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** How a configuration is applied. */
export interface ApplyOptions extends Writer {
  /** Takes fields from who owns them with another value, instead of failing. */
  readonly force: boolean;
}

/**
 * The object that comes of applying `config` to `live` (undefined: there is none yet), with its managedFields: what is in
 * `config` counts, and what the same manager applied before and nobody owns any more is gone. Throws `conflict`.
 * (KEP-555; the rules of sigs.k8s.io/structured-merge-diff)
 */
export function applied(
  type: ResourceType,
  live: ApiObject | undefined,
  config: Readonly<Record<string, unknown>>,
  options: ApplyOptions,
  nowMs: number,
): Record<string, unknown> {
  const manager = managerOf(type, options, 'Apply');
  const structure = partStructure(type, options.subresource);
  const key = managerKey(manager);
  const before: Record<string, unknown> = live === undefined ? {} : fieldsOf(live);
  const owners = ownersForApply(type, live, options, nowMs);
  const own = difference(ownedFields(structure, config), metadataItself);
  const last = owners.get(key);
  const others = new Map([...owners].filter(([other]) => other !== key));

  const merged = merge(structure, before, config);
  const kept = [...others.values()].reduce((all, { fields }) => union(all, fields), union(own, metadataItself));
  const next = last === undefined ? merged : without(structure, merged, last.fields, kept);
  const change = compare(structure, before, next);
  const taken = union(change.added, change.modified);

  const conflicts = [...others.values()].flatMap(owner =>
    conflictsWith(owner.manager, intersection(owner.fields, taken)),
  );
  if (!options.force) checkConflicts(type, live, conflicts, options);

  const left = lost(others, union(taken, change.removed));
  const unchanged = last !== undefined && equalSets(last.fields, own) && isEmpty(taken) && isEmpty(change.removed);
  left.set(key, { manager, time: unchanged ? last.time : timeOf(nowMs), fields: own });
  const result = isRecord(next) ? next : {};
  const metadata = withoutManagedFields(result['metadata']);
  const managedFields = encodeOwners(left);
  if (options.subresource === undefined) withLastApplied(metadata, config, options.manager);
  return { ...result, metadata: { ...metadata, ...(managedFields === undefined ? {} : { managedFields }) } };
}

function withoutManagedFields(metadata: unknown): Record<string, unknown> {
  if (!isRecord(metadata)) return {};
  const { managedFields: _, ...rest } = metadata;
  return rest;
}

/** The stored owners; where they were not kept, somebody owns all that is there, so that applying cannot take it unseen. */
function ownersForApply(type: ResourceType, live: ApiObject | undefined, writer: Writer, nowMs: number): Owners {
  if (live === undefined) return noOwners;
  const owners = ownersOf(type, live.metadata.managedFields);
  if (owners.size > 0) return owners;
  const manager = managerOf(type, { ...writer, manager: beforeFirstApply }, 'Update');
  return updated(type, undefined, live, noOwners, manager, nowMs);
}

/**
 * Throws `conflict` where there are any, but for those of fields that kubectl applied by itself before and nobody changed
 * since: so `kubectl apply --server-side` takes over from `kubectl apply`.
 */
function checkConflicts(
  type: ResourceType,
  live: ApiObject | undefined,
  conflicts: readonly Conflict[],
  writer: Writer,
): void {
  if (conflicts.length === 0) return;
  const allowed = writer.manager === 'kubectl' ? lastAppliedFields(type, live) : undefined;
  const refused = allowed === undefined ? conflicts : conflicts.filter(({ path }) => !hasPath(allowed, path));
  if (refused.length > 0) throw applyConflict(refused);
}
