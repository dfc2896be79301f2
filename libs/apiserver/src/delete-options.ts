import { DroverError } from '@drover/errors';
import { type Propagation, propagations } from './deletion.ts';
import { invalidOptions } from './failures.ts';
import { type FieldError, fieldErrors } from './field-errors.ts';
import { goStrings } from './metadata-rules.ts';
import { isRecord } from './object.ts';
import type { ProtobufMessage } from './protobuf.ts';
import type { Preconditions } from './registry.ts';
import { checkSchema, type Schema } from './schema.ts';

/** `meta/v1.DeleteOptions`, read. */
export interface RequestedDeletion {
  readonly dryRun: boolean;
  readonly preconditions: Preconditions;
  readonly propagation: Propagation | undefined;
  /** The old way to ask for a background deletion, which answers 202 where the object is still there. */
  readonly orphanDependents: boolean | undefined;
}

const text: Schema = { type: 'string' };
const fields: Readonly<Record<string, Schema>> = {
  gracePeriodSeconds: { type: 'integer' },
  preconditions: { type: 'object', properties: { uid: text, resourceVersion: text } },
  orphanDependents: { type: 'boolean' },
  propagationPolicy: text,
  dryRun: { type: 'array', items: text },
};

/** The same as client-go sends it in protobuf. */
export const deleteOptionsMessage: ProtobufMessage = {
  1: ['gracePeriodSeconds', 'number?'],
  2: ['preconditions', { 1: ['uid', 'string?'], 2: ['resourceVersion', 'string?'] }],
  3: ['orphanDependents', 'boolean?'],
  4: ['propagationPolicy', 'string?'],
  5: ['dryRun', 'string', 'list'],
};

/** Reads the body of a deletion, or its parameters where it has none. Throws `bad-request`, `invalid`. */
export function readDeletion(body: unknown, query: URLSearchParams): RequestedDeletion {
  const given = body === undefined ? parametersOf(query) : optionsOf(body);
  const { errors, pruned } = checkSchema({ type: 'object', properties: fields }, given);
  const [mistyped] = errors;
  if (mistyped !== undefined) throw new DroverError('bad-request', `${mistyped.field}: ${mistyped.message}`);
  const options = isRecord(pruned) ? pruned : {};
  const { propagationPolicy, orphanDependents } = options;
  const { uid, resourceVersion } = isRecord(options['preconditions']) ? options['preconditions'] : {};
  const dryRun = Array.isArray(options['dryRun']) ? options['dryRun'].map(String) : [];
  const policy = propagations.find(known => known === propagationPolicy);
  const mistakes: FieldError[] = [];
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    const both = 'orphanDependents and deletionPropagation cannot be both set';
    mistakes.push(fieldErrors.invalid('propagationPolicy', propagationPolicy, both));
  } else if (propagationPolicy !== undefined && policy === undefined) {
    mistakes.push(fieldErrors.notSupported('propagationPolicy', propagationPolicy, [...propagations, 'nil']));
  }
  mistakes.push(...dryRunErrors(dryRun));
  if (mistakes.length > 0) throw invalidOptions('DeleteOptions', mistakes);
  return {
    // A dry run that is asked for in either place is one: what is deleted does not come back.
    dryRun: dryRun.length > 0 || query.getAll('dryRun').length > 0,
    preconditions: {
      ...(typeof uid === 'string' ? { uid } : {}),
      ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    },
    propagation:
      policy ?? (typeof orphanDependents === 'boolean' ? (orphanDependents ? 'Orphan' : 'Background') : undefined),
    orphanDependents: typeof orphanDependents === 'boolean' ? orphanDependents : undefined,
  };
}

/** What is wrong with a list of `dryRun` directives. */
export function dryRunErrors(values: readonly string[]): FieldError[] {
  if (values.every(value => value === 'All')) return [];
  const message = `Unsupported value: ${goStrings(values)}: supported values: "All"`;
  return [{ field: 'dryRun', reason: 'FieldValueNotSupported', message }];
}

function optionsOf(body: unknown): Record<string, unknown> {
  if (!isRecord(body)) {
    const found = Array.isArray(body) ? 'array' : typeof body;
    const why = `json: cannot unmarshal ${found} into an object`;
    throw new DroverError('bad-request', `couldn't get version/kind; json parse error: ${why}`);
  }
  const { kind = 'DeleteOptions', apiVersion = 'v1', ...options } = body;
  if (kind === 'DeleteOptions') return options;
  throw new DroverError('bad-request', `no kind ${JSON.stringify(kind)} is registered for version "${apiVersion}"`);
}

function parametersOf(query: URLSearchParams): Record<string, unknown> {
  const given = (name: string): string | undefined => query.get(name) || undefined;
  const grace = given('gracePeriodSeconds');
  const orphan = given('orphanDependents');
  const policy = given('propagationPolicy');
  if (grace !== undefined && !/^-?\d{1,15}$/.test(grace)) {
    throw new DroverError('bad-request', `strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`);
  }
  return {
    dryRun: query.getAll('dryRun'),
    ...(grace === undefined ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(orphan === undefined ? {} : { orphanDependents: orphan === 'true' || orphan === '1' }),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
  };
}
