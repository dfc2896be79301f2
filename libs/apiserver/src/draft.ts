import { isLabel, isSubdomain, type ManagedFieldsEntry, type ObjectMeta } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { type ApiObject, fieldsOf, isRecord } from './object.ts';
import { groupVersion, type ResourceType } from './resource-type.ts';
import { checkSchema, type FieldError, type Schema, type SchemaReport } from './schema.ts';

const text: Schema = { type: 'string' };
const textMap: Schema = { type: 'object', additionalProperties: { type: 'string' } };

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
};

/** Annotations of one object hold at most this much, as in Kubernetes. */
const maxAnnotationsBytes = 256 * 1024;

/** A JSON value from a client as an object of `type`; what the schema does not know is listed and left out. */
export interface Draft {
  readonly object: ApiObject;
  readonly generateName: string | undefined;
  readonly unknown: readonly string[];
  readonly errors: readonly FieldError[];
}

/** Reads a client's JSON as an object of `type`. Throws `bad-request` where it is not one at all. */
export function readDraft(type: ResourceType, value: unknown): Draft {
  if (!isRecord(value)) throw new DroverError('bad-request', 'the body must be a JSON object');
  if (value['apiVersion'] !== groupVersion(type) || value['kind'] !== type.kind) {
    const found = `${String(value['apiVersion'])}, Kind=${String(value['kind'])}`;
    throw new DroverError(
      'bad-request',
      `the object is ${found}, and ${groupVersion(type)}, Kind=${type.kind} is expected here`,
    );
  }
  const { apiVersion: _, kind: __, metadata = {}, ...fields } = value;
  for (const name of type.hidden ?? []) delete fields[name];
  const parts = partManagedFields(metadata);
  const meta = checkSchema({ type: 'object', properties: metadataFields }, parts.metadata, 'metadata');
  const rest = checkSchema({ type: 'object', properties: type.fields, required: type.required ?? [] }, fields);
  const object = {
    apiVersion: groupVersion(type),
    kind: type.kind,
    metadata: {
      ...keptMetadata(meta),
      ...(parts.managedFields === undefined ? {} : { managedFields: parts.managedFields }),
    },
    ...asRecord(rest.pruned),
  };
  const generateName = asRecord(meta.pruned)['generateName'];
  return {
    object,
    generateName: typeof generateName === 'string' && generateName !== '' ? generateName : undefined,
    unknown: [...meta.unknown, ...rest.unknown],
    errors: [...meta.errors, ...rest.errors],
  };
}

/** What is wrong with an object's metadata and with what its type checks by itself. */
export function checkObject(type: ResourceType, object: ApiObject, old: ApiObject | undefined): readonly FieldError[] {
  return [...checkMetadata(object.metadata), ...(type.validate?.(object, old) ?? [])];
}

function checkMetadata(metadata: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  const wrong = (field: string, value: string, rule: string): void => {
    errors.push({ field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${rule}` });
  };
  if (!isSubdomain(metadata.name)) {
    wrong(
      'metadata.name',
      metadata.name,
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'",
    );
  }
  if (metadata.namespace !== undefined && !isLabel(metadata.namespace)) {
    wrong('metadata.namespace', metadata.namespace, 'must be a lowercase RFC 1123 label');
  }
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (!isQualifiedName(key))
      wrong('metadata.labels', key, 'a label key must be a name, or a DNS subdomain, a slash and a name');
    if (value !== '' && !/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(value)) {
      wrong('metadata.labels', value, 'a label value has at most 63 letters, digits, -, _ or .');
    }
  }
  let annotationsBytes = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    if (!isQualifiedName(key.toLowerCase())) wrong('metadata.annotations', key, 'not an annotation key');
    annotationsBytes += key.length + Buffer.byteLength(value);
  }
  if (annotationsBytes > maxAnnotationsBytes) {
    errors.push({
      field: 'metadata.annotations',
      reason: 'FieldValueInvalid',
      message: `Too long: may not be more than ${maxAnnotationsBytes} bytes`,
    });
  }
  return errors;
}

function isQualifiedName(key: string): boolean {
  const parts = key.split('/');
  const name = parts.pop() ?? '';
  return parts.length <= 1 && parts.every(isSubdomain) && /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(name);
}

/** Letters of generated names, as in k8s.io/apimachinery/pkg/util/rand: no vowels, no look-alikes. */
const nameLetters = 'bcdfghjklmnpqrstvwxz2456789';

/** `prefix` and five random letters. `random` gives numbers in [0, 1). */
export function generatedName(prefix: string, random: () => number): string {
  const letters = Array.from({ length: 5 }, () => nameLetters[Math.floor(random() * nameLetters.length)]);
  return prefix.slice(0, 248) + letters.join('');
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

function keptMetadata(report: SchemaReport): ObjectMeta {
  const found = asRecord(report.pruned);
  const string = (name: string): string => (typeof found[name] === 'string' ? found[name] : '');
  const labels = stringMap(found['labels']);
  const annotations = stringMap(found['annotations']);
  return {
    name: string('name'),
    ...(string('namespace') === '' ? {} : { namespace: string('namespace') }),
    uid: string('uid'),
    resourceVersion: string('resourceVersion'),
    creationTimestamp: string('creationTimestamp'),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function stringMap(value: unknown): Record<string, string> | undefined {
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
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
