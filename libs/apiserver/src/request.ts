import type { ApiRequest } from './api-exchange.ts';
import { dryRunErrors } from './delete-options.ts';
import { invalidOptions, methodNotAllowed, noSuchPath } from './failures.ts';
import { type FieldError, fieldErrors } from './field-errors.ts';
import { type ReadOptions, readOptions, truth } from './read-options.ts';
import { negotiate, type Representation } from './representation.ts';
import { parseResourcePath, type ResourcePath } from './request-path.ts';
import type { ResourceType, Verb } from './resource-type.ts';

/** A request about objects, read once: what it is about, and every parameter that counts. */
export interface ResourceRequest extends ResourcePath {
  readonly verb: Verb;
  readonly wanted: Representation;
  readonly dryRun: boolean;
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  /** Whom `managedFields` names: the parameter, or the program by its `User-Agent`. */
  readonly fieldManager: string;
  readonly read: ReadOptions;
  /** Whether the client takes a compressed answer. */
  readonly gzip: boolean;
  /** Every parameter, for those that one verb alone has. */
  readonly query: URLSearchParams;
}

/** Of most requests. Nobody changes them. */
const noParameters = new URLSearchParams();

/** Reads a request's target and headers. Throws `not-found`, `method-not-allowed`, `not-acceptable`, `bad-request`. */
export function readRequest(request: ApiRequest, types: readonly ResourceType[]): ResourceRequest {
  const [path = '/', query = ''] = splitTarget(request.target);
  const target = parseResourcePath(path, types);
  const parameters = query === '' ? noParameters : new URLSearchParams(query);
  const verb = verbOf(request.method, target, truth(parameters.get('watch') ?? ''));
  if (target.type.namespaced && target.namespace === undefined && verb !== 'list' && verb !== 'watch')
    throw noSuchPath();
  if (!target.type.verbs.includes(verb)) throw methodNotAllowed();
  return {
    ...target,
    verb,
    wanted: negotiate(request.headers.accept, parameters.get('includeObject'), manyAnswered.has(verb)),
    ...writeParameters(verb, parameters, request.headers['user-agent']),
    read: readOptions(parameters, verb, target.type),
    gzip: acceptsGzip(request.headers['accept-encoding']),
    query: parameters,
  };
}

/** What is answered with a list. */
const manyAnswered: ReadonlySet<Verb> = new Set(['list', 'deletecollection']);

function acceptsGzip(codings: string | string[] | undefined): boolean {
  if (codings === undefined) return false;
  return String(codings)
    .split(',')
    .some(coding => coding.trim() === 'gzip');
}

/** The path and the query of a request target. */
export function splitTarget(target: string): [path: string, query: string] {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
}

/** `watch` counts for collections only, as with kube-apiserver; HEAD is a GET whose answer has no body. */
function verbOf(
  method: string,
  { name, subresource }: Pick<ResourcePath, 'name' | 'subresource'>,
  watch: boolean,
): Verb {
  if (method === 'HEAD') return verbOf('GET', { name, subresource }, watch);
  if (name === undefined) {
    if (method === 'GET') return watch ? 'watch' : 'list';
    if (method === 'POST') return 'create';
    if (method === 'DELETE') return 'deletecollection';
  } else {
    if (method === 'GET') return 'get';
    if (method === 'PUT') return 'update';
    if (method === 'PATCH') return 'patch';
    if (method === 'DELETE' && subresource === undefined) return 'delete';
  }
  throw methodNotAllowed();
}

const fieldValidations = ['', 'Ignore', 'Strict', 'Warn'] as const;

/** `meta/v1.CreateOptions` and the like; a deletion's may also be in its body. */
const optionsKinds: Partial<Readonly<Record<Verb, string>>> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
};

function writeParameters(
  verb: Verb,
  parameters: URLSearchParams,
  userAgent = '',
): Pick<ResourceRequest, 'dryRun' | 'fieldValidation' | 'fieldManager'> {
  const dryRun = parameters.getAll('dryRun');
  const validation = parameters.get('fieldValidation') ?? '';
  const manager = parameters.get('fieldManager') ?? '';
  const fieldValidation = fieldValidations.find(known => known === validation);
  const kind = optionsKinds[verb];
  if (kind !== undefined) {
    const errors = [...dryRunErrors(dryRun), ...managerErrors(manager)];
    if (fieldValidation === undefined) {
      errors.push(fieldErrors.notSupported('fieldValidation', validation, fieldValidations));
    }
    if (errors.length > 0) throw invalidOptions(kind, errors);
  }
  return {
    dryRun: dryRun.length > 0,
    fieldValidation: fieldValidation || 'Warn',
    fieldManager: manager || userAgent.split('/', 1)[0]?.slice(0, maxManagerBytes) || 'unknown',
  };
}

/** As in Kubernetes (validation.FieldManagerMaxLength). */
const maxManagerBytes = 128;

function managerErrors(manager: string): FieldError[] {
  const errors =
    Buffer.byteLength(manager) > maxManagerBytes ? [fieldErrors.tooLong('fieldManager', maxManagerBytes)] : [];
  const at = manager.search(/\p{C}|[\p{Z}--[ ]]/v);
  if (at < 0) return errors;
  const character = (manager.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return [
    ...errors,
    fieldErrors.invalid('fieldManager', manager, `invalid character U+${character} (at position ${at})`),
  ];
}
