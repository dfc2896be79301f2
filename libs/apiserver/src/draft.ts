import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { invalid } from './failures.ts';
import { type FieldError, fieldErrors, maxFieldErrors } from './field-errors.ts';
import { metadataErrors } from './metadata-rules.ts';
import { type ApiObject, fieldsOf, isRecord } from './object.ts';
import { groupVersion, type ResourceType } from './resource-type.ts';
import { checkSchema, type Schema, type SchemaReport } from './schema.ts';

const text: Schema = { type: 'string' };
/** A null among labels is an empty text, as Go reads it. */
const textMap: Schema = { type: 'object', additionalProperties: { type: 'string', nullable: true } };

/** The fields of `metadata` that are kept, and those that clients send back and that are dropped in silence. */
const metadataFields: Readonly<Record<string, Schema>> = {
  name: text,
  generateName: text,
  namespace: text,
  uid: text,
  resourceVersion: text,
  selfLink: text,
  generation: { type: 'integer' },
  creationTimestamp: { type: 'string', format: 'date-time' },
  deletionTimestamp: { type: 'string', format: 'date-time' },
  deletionGracePeriodSeconds: { type: 'integer' },
  labels: textMap,
  annotations: textMap,
  finalizers: { type: 'array', items: text },
  ownerReferences: {
    type: 'array',
    items: {
      type: 'object',
      properties: {
        apiVersion: text,
        kind: text,
        name: text,
        uid: text,
        controller: { type: 'boolean' },
        blockOwnerDeletion: { type: 'boolean' },
      },
    },
  },
};

/**
 * A JSON value from a client as an object of `type`; what the schema does not know is listed and left out. Of a kind with a
 * status subresource it is only the part that is written.
 */
export interface Draft {
  readonly object: ApiObject;
  readonly unknown: readonly string[];
  /** What the schema refuses in what is written. */
  readonly errors: readonly FieldError[];
  /** It says that it is of another kind. */
  readonly mistaken: DroverError | undefined;
  /** What a client should mend, though it is taken. */
  readonly warnings: readonly string[];
}

/** How a {@link Draft} is read. */
export interface DraftOptions {
  /** What is wrong where the JSON is no object of the type at all; default: {@link unreadable}. */
  readonly failure?: (why: string) => DroverError;
  /** What is written: the status or all else. Of the other part it does not matter what a client sends. */
  readonly part?: 'main' | 'status';
  /** The version was not told by the client's body alone, which a patch can be, so that it is checked as any other field. */
  readonly patched?: boolean;
}

/** Reads a client's JSON as an object of `type`. Throws what `failure` makes, or `bad-request`, where it is not one at all. */
export function readDraft(type: ResourceType, value: unknown, options: DraftOptions = {}): Draft {
  const { failure = (why: string): DroverError => unreadable(type, why), part = 'main' } = options;
  const { fields: all, mistaken } = fieldsOfType(type, value, failure, options.patched ?? false);
  const { metadata, ...fields } = all;
  for (const name of type.hidden ?? []) delete fields[name];
  const parts = partManagedFields(metadata ?? {});
  const meta = checkSchema({ type: 'object', properties: metadataFields }, parts.metadata, 'metadata');
  const [mistyped] = meta.errors;
  if (mistyped !== undefined) throw failure(`${mistyped.field}: ${mistyped.message}`);
  const isWritten = (name: string): boolean => !type.status || (name === 'status') === (part === 'status');
  const written = checkFields(type, fields, isWritten);
  const ignored = type.status ? checkFields(type, fields, name => !isWritten(name)) : undefined;
  const { kept, warnings } = keptMetadata(asRecord(meta.pruned));
  if (parts.managedFields !== undefined) kept.managedFields = parts.managedFields;
  return {
    object: { apiVersion: groupVersion(type), kind: type.kind, metadata: kept, ...asRecord(written.pruned) },
    unknown: [...meta.unknown, ...written.unknown, ...(ignored?.unknown ?? [])],
    errors: written.errors,
    mistaken,
    warnings,
  };
}

function checkFields(
  type: ResourceType,
  fields: Readonly<Record<string, unknown>>,
  isMeant: (name: string) => boolean,
): SchemaReport {
  const meant = <T>(of: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(of).filter(([name]) => isMeant(name)));
  const required = (type.required ?? []).filter(isMeant);
  return checkSchema({ type: 'object', properties: meant(type.fields), required }, meant(fields));
}

/** Why a body cannot be read as an object of `type`, in kube-apiserver's words. */
export const unreadable = (type: ResourceType, why: string): DroverError =>
  new DroverError(
    'bad-request',
    `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ${why}`,
  );

/** So much of a body is repeated in a failure. */
const maxRepeated = 256;

function fieldsOfType(
  type: ResourceType,
  value: unknown,
  failure: (why: string) => DroverError,
  patched: boolean,
): { fields: Record<string, unknown>; mistaken: DroverError | undefined } {
  const unrecognised = (found: string): DroverError => {
    const why = `couldn't get version/kind; json parse error: json: cannot unmarshal ${found}`;
    return new DroverError('bad-request', `the object provided is unrecognized (must be of type ${type.kind}): ${why}`);
  };
  if (value !== null && !isRecord(value)) {
    throw unrecognised(`${Array.isArray(value) ? 'array' : typeof value} into an object`);
  }
  const { apiVersion, kind, ...fields } = value ?? {};
  if (kind === undefined || kind === '' || kind === null) {
    throw failure(`Object 'Kind' is missing in '${JSON.stringify(value).slice(0, maxRepeated)}'`);
  }
  if (typeof kind !== 'string') throw unrecognised(`a kind that is no string`);
  if (apiVersion === undefined || apiVersion === '' || apiVersion === null) {
    throw failure("Object 'apiVersion' is missing in 'object has no apiVersion field'");
  }
  const expected = groupVersion(type);
  if (apiVersion !== expected && !patched) {
    const both = `(${asText(apiVersion)}) does not match the expected API version (${expected})`;
    throw new DroverError('bad-request', `the API version in the data ${both}`);
  }
  const errors: FieldError[] = [];
  if (kind !== type.kind) errors.push(fieldErrors.invalid('kind', kind, `must be ${type.kind}`));
  if (apiVersion !== expected) errors.push(fieldErrors.invalid('apiVersion', apiVersion, `must be ${expected}`));
  if (errors.length === 0) return { fields, mistaken: undefined };
  const name = asRecord(fields['metadata'])['name'];
  return { fields, mistaken: invalid(type, typeof name === 'string' ? name : '', errors, kind) };
}

/** What is wrong with an object's metadata and with what its type checks by itself. */
export function checkObject(type: ResourceType, object: ApiObject, old: ApiObject | undefined): readonly FieldError[] {
  return [...metadataErrors(object.metadata, type.namespaced), ...(type.validate?.(object, old) ?? [])];
}

/** Letters of generated names, as in k8s.io/apimachinery/pkg/util/rand: no vowels, no look-alikes. */
const nameLetters = 'bcdfghjklmnpqrstvwxz2456789';

/** As names.maxGeneratedNameLength of k8s.io/apiserver: 63, as every kind may have it. */
const maxGeneratedPrefix = 58;

/** `prefix` and five random letters. `random` gives numbers in [0, 1). */
export function generatedName(prefix: string, random: () => number): string {
  const letters = Array.from({ length: 5 }, () => nameLetters[Math.floor(random() * nameLetters.length)]);
  return prefix.slice(0, maxGeneratedPrefix) + letters.join('');
}

/**
 * `managedFields` apart from the rest: what is wrong with it is no mistake in the object, and has it ignored
 * ({@link managedAfterUpdate}).
 */
function partManagedFields(metadata: unknown): { metadata: unknown; managedFields: ManagedFieldsEntry[] | undefined } {
  if (!isRecord(metadata)) return { metadata, managedFields: undefined };
  const { managedFields, ...rest } = metadata;
  return { metadata: rest, managedFields: Array.isArray(managedFields) ? managedFields.filter(isRecord) : undefined };
}

function keptMetadata(found: Record<string, unknown>): { kept: ObjectMeta; warnings: string[] } {
  const string = (name: string): string => (typeof found[name] === 'string' ? found[name] : '');
  const kept: ObjectMeta = {
    name: string('name'),
    uid: string('uid'),
    resourceVersion: string('resourceVersion'),
    creationTimestamp: string('creationTimestamp'),
  };
  for (const name of ['generateName', 'namespace', 'deletionTimestamp'] as const) {
    if (string(name) !== '') kept[name] = string(name);
  }
  const grace = found['deletionGracePeriodSeconds'];
  if (typeof grace === 'number') kept.deletionGracePeriodSeconds = grace;
  for (const name of ['labels', 'annotations'] as const) {
    const map = stringMap(found[name]);
    if (map !== undefined) kept[name] = map;
  }
  const finalizers = found['finalizers'];
  if (Array.isArray(finalizers) && finalizers.length > 0) kept.finalizers = finalizers.map(String);
  const owners = Array.isArray(found['ownerReferences']) ? found['ownerReferences'].map(ownerOf) : [];
  const once = new Map<string, OwnerReference>();
  const again = new Set<string>();
  for (const owner of owners) {
    if (once.has(owner.uid)) again.add(owner.uid);
    else once.set(owner.uid, owner);
  }
  if (once.size > 0) kept.ownerReferences = [...once.values()];
  if (again.size === 0) return { kept, warnings: [] };
  const what = '.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+';
  const rest = `and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${[...again].slice(0, maxFieldErrors).join(', ')}`;
  return { kept, warnings: [`${what}, ${rest}`] };
}

function ownerOf(value: unknown): OwnerReference {
  const found = asRecord(value);
  const string = (name: string): string => (typeof found[name] === 'string' ? found[name] : '');
  const { controller, blockOwnerDeletion } = found;
  return {
    apiVersion: string('apiVersion'),
    kind: string('kind'),
    name: string('name'),
    uid: string('uid'),
    ...(typeof controller === 'boolean' ? { controller } : {}),
    ...(typeof blockOwnerDeletion === 'boolean' ? { blockOwnerDeletion } : {}),
  };
}

function stringMap(value: unknown): Record<string, string> | undefined {
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value).map(([name, text]) => [name, typeof text === 'string' ? text : '']);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

const asRecord = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});

/** `object` as it is shown to clients. */
export function shown<T extends ApiObject>(type: ResourceType, object: T): T {
  if (type.hidden === undefined) return object;
  const copy = { ...object };
  for (const name of type.hidden) Reflect.deleteProperty(copy, name);
  return copy;
}

/** `next`, with the hidden fields that `current` has. */
export function withHidden<T extends ApiObject>(type: ResourceType, next: T, current: ApiObject): T {
  const fields = fieldsOf(current);
  const copy = { ...next };
  for (const name of type.hidden ?? []) {
    if (name in fields) Reflect.set(copy, name, fields[name]);
  }
  return copy;
}

/** `String` throws for a JSON object that has a field `toString`. */
const asText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
