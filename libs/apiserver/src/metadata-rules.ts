import type { ObjectMeta, OwnerReference } from '@drover/contracts';
import { type FieldError, fieldErrors, maxFieldErrors } from './field-errors.ts';

/**
 * What may stand in an object's metadata, in the words of kube-apiserver
 * (k8s.io/apimachinery/pkg/api/validation/objectmeta.go and pkg/util/validation).
 */

/** A dependent that is there keeps its owner, which a foreground deletion has marked, from going. */
export const foregroundFinalizer = 'foregroundDeletion';
/** An owner stays until its dependents have forgotten it. */
export const orphanFinalizer = 'orphan';

/** Annotations of one object hold at most this much, as in Kubernetes. */
const maxAnnotationsBytes = 256 * 1024;
/** The longest label value, and the longest name of a label, annotation or finalizer without its prefix. */
const maxNameBytes = 63;
const maxSubdomainBytes = 253;

const rule = (text: string, regex: string, ...examples: string[]): string =>
  `${text} (e.g. ${examples.map(example => `'${example}', `).join(' or ')}regex used for validation is '${regex}')`;

const subdomainRule = rule(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*',
  'example.com',
);
const labelRule = rule(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  '[a-z0-9]([-a-z0-9]*[a-z0-9])?',
  'my-name',
  '123-abc',
);
const qualifiedCharacters =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const qualifiedRegex = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const qualifiedExamples = ['MyName', 'my.name', '123-abc'];
const labelValueRule = rule(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?',
  'MyValue',
  'my_value',
  '12345',
);

const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const qualifiedPattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const tooLong = (most: number): string => `must be no more than ${most} bytes`;

/** What is wrong with the name of an object. */
export function subdomainMistakes(name: string): string[] {
  const mistakes = Buffer.byteLength(name) > maxSubdomainBytes ? [tooLong(maxSubdomainBytes)] : [];
  return subdomainPattern.test(name) ? mistakes : [...mistakes, subdomainRule];
}

/** What is wrong with the name of a namespace. */
export function labelMistakes(name: string): string[] {
  const mistakes = Buffer.byteLength(name) > maxNameBytes ? [tooLong(maxNameBytes)] : [];
  return labelPattern.test(name) ? mistakes : [...mistakes, labelRule];
}

/** What is wrong with the key of a label or an annotation, or with the name of a finalizer. */
export function qualifiedNameMistakes(key: string): string[] {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (parts.length > 2) {
    const with_ = `a qualified name ${rule(qualifiedCharacters, qualifiedRegex, ...qualifiedExamples)}`;
    return [`${with_} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const mistakes: string[] = [];
  if (prefix === '') mistakes.push('prefix part must be non-empty');
  else if (prefix !== undefined) mistakes.push(...subdomainMistakes(prefix).map(mistake => `prefix part ${mistake}`));
  if (name === '') mistakes.push('name part must be non-empty');
  else if (Buffer.byteLength(name) > maxNameBytes) mistakes.push(`name part ${tooLong(maxNameBytes)}`);
  if (!qualifiedPattern.test(name)) {
    mistakes.push(`name part ${rule(qualifiedCharacters, qualifiedRegex, ...qualifiedExamples)}`);
  }
  return mistakes;
}

function labelValueMistakes(value: string): string[] {
  const mistakes = Buffer.byteLength(value) > maxNameBytes ? [tooLong(maxNameBytes)] : [];
  return value === '' || qualifiedPattern.test(value) ? mistakes : [...mistakes, labelValueRule];
}

const invalid = (field: string, value: unknown, mistake: string): FieldError =>
  fieldErrors.invalid(`metadata.${field}`, value, mistake);
const each = (field: string, value: string, mistakes: readonly string[]): FieldError[] =>
  mistakes.map(mistake => invalid(field, value, mistake));

/** Everything that is wrong with the metadata of an object. */
export function metadataErrors(metadata: ObjectMeta, namespaced: boolean): FieldError[] {
  const { name, generateName = '', namespace = '', labels = {}, annotations = {} } = metadata;
  const { ownerReferences = [], finalizers = [] } = metadata;
  const errors: FieldError[] = [];
  // A prefix may end in what a name may not.
  if (generateName !== '') {
    errors.push(...each('generateName', generateName, subdomainMistakes(generateName.replace(/-$/, 'a'))));
  }
  if (name === '') errors.push(fieldErrors.required('metadata.name', 'name or generateName is required'));
  else errors.push(...each('name', name, subdomainMistakes(name)));
  if (!namespaced) {
    if (namespace !== '') errors.push(fieldErrors.forbidden('metadata.namespace', 'not allowed on this type'));
  } else if (namespace === '') errors.push(fieldErrors.required('metadata.namespace'));
  else errors.push(...each('namespace', namespace, labelMistakes(namespace)));
  for (const [key, value] of Object.entries(labels)) {
    if (errors.length >= maxFieldErrors) break;
    errors.push(
      ...each('labels', key, qualifiedNameMistakes(key)),
      ...each('labels', value, labelValueMistakes(value)),
    );
  }
  errors.push(...annotationErrors(annotations), ...ownerErrors(ownerReferences), ...finalizerErrors(finalizers));
  return errors;
}

function annotationErrors(annotations: Readonly<Record<string, string>>): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) {
    if (errors.length >= maxFieldErrors) break;
    errors.push(...each('annotations', key, qualifiedNameMistakes(key.toLowerCase())));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > maxAnnotationsBytes) errors.push(fieldErrors.tooLong('metadata.annotations', maxAnnotationsBytes));
  return errors;
}

function ownerErrors(owners: readonly OwnerReference[]): FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const owner of owners) {
    if (errors.length >= maxFieldErrors) break;
    const { apiVersion, kind, name, uid } = owner;
    const at = (field: string): string => `ownerReferences.${field}`;
    if (!/^([^/]*\/)?[^/]+$/.test(apiVersion))
      errors.push(invalid(at('apiVersion'), apiVersion, 'version must not be empty'));
    if (kind === '') errors.push(invalid(at('kind'), kind, 'kind must not be empty'));
    if (name === '') errors.push(invalid(at('name'), name, 'name must not be empty'));
    if (uid === '') errors.push(invalid(at('uid'), uid, 'uid must not be empty'));
    // Events come in numbers, and nobody waits for them to go.
    if (apiVersion === 'v1' && kind === 'Event') {
      errors.push(invalid('ownerReferences', owner, '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (!owner.controller) continue;
    const found = `${kind}/${name}`;
    if (controller === undefined) controller = found;
    else {
      const both = `Found "true" in references for ${controller} and ${found}`;
      errors.push(invalid('ownerReferences', owners, `Only one reference can have Controller set to true. ${both}`));
    }
  }
  return errors;
}

function finalizerErrors(finalizers: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of finalizers) {
    if (errors.length >= maxFieldErrors) break;
    errors.push(...each('finalizers', name, qualifiedNameMistakes(name)));
  }
  if (finalizers.includes(orphanFinalizer) && finalizers.includes(foregroundFinalizer)) {
    const both = `finalizer ${orphanFinalizer} and ${foregroundFinalizer} cannot be both set`;
    errors.push({
      field: 'metadata.finalizers',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${goStrings(finalizers)}: ${both}`,
    });
  }
  return errors;
}

/** As Go prints a `[]string`. */
export const goStrings = (values: readonly string[]): string =>
  `[]string{${values.map(value => JSON.stringify(value)).join(', ')}}`;

/** What a change of `current` may not do to its metadata. */
export function metadataChangeErrors(next: ObjectMeta, current: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  const immutable = (field: string, value: unknown): void => {
    errors.push(invalid(field, value, 'field is immutable'));
  };
  if (next.uid !== '' && next.uid !== current.uid) immutable('uid', next.uid);
  if (next.deletionTimestamp !== undefined && current.deletionTimestamp === undefined) {
    immutable('deletionTimestamp', next.deletionTimestamp);
  }
  const grace = next.deletionGracePeriodSeconds;
  if (grace !== undefined && grace !== current.deletionGracePeriodSeconds)
    immutable('deletionGracePeriodSeconds', grace);
  if (current.deletionTimestamp !== undefined) {
    const before = new Set(current.finalizers);
    const added = [...new Set(next.finalizers)].filter(name => !before.has(name)).sort();
    if (added.length > 0) {
      const what = 'no new finalizers can be added if the object is being deleted, found new finalizers';
      errors.push(fieldErrors.forbidden('metadata.finalizers', `${what} ${goStrings(added)}`));
    }
  }
  return errors;
}
