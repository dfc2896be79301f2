import type { IncomingMessage } from 'node:http';
import { DroverError } from '@drover/errors';
import { methodNotAllowed } from './failures.ts';
import { negotiate, type Representation } from './representation.ts';
import { parseResourcePath, type ResourcePath } from './request-path.ts';
import type { ResourceType, Verb } from './resource-type.ts';
import { type Choice, parseFieldSelector, parseLabelSelector } from './selectors.ts';

/** A request about objects, read once: what it is about, and every parameter that counts. */
export interface ResourceRequest extends ResourcePath {
  readonly verb: Verb;
  readonly wanted: Representation;
  readonly dryRun: boolean;
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  /** Whom `managedFields` names: the parameter, or the program by its `User-Agent`. */
  readonly fieldManager: string;
  /** By labels and fields; undefined: all. */
  readonly selects: Choice | undefined;
  /** `resourceVersion`; undefined for none and for 0, which asks for whatever is there. */
  readonly revision: number | undefined;
  readonly bookmarks: boolean;
  readonly initialEvents: boolean;
  readonly timeoutMs: number | undefined;
}

/** Reads a request's target and headers. Throws `not-found`, `method-not-allowed`, `not-acceptable`, `bad-request`. */
export function readRequest(request: IncomingMessage, types: readonly ResourceType[]): ResourceRequest {
  const [path = '/', query = ''] = splitTarget(request.url ?? '/');
  const target = parseResourcePath(path, types);
  const parameters = new URLSearchParams(query);
  const watch = ['true', '1', ''].includes(parameters.get('watch') ?? 'false');
  const verb = verbOf(request.method ?? 'GET', target, watch);
  if (!target.type.verbs.includes(verb)) throw methodNotAllowed();
  return {
    ...target,
    verb,
    wanted: negotiate(request.headers.accept, parameters.get('includeObject')),
    dryRun: isDryRun(parameters),
    fieldValidation: fieldValidationOf(parameters),
    fieldManager: fieldManagerOf(parameters, request.headers['user-agent']),
    selects: selectsOf(parameters),
    revision: wholeNumber(parameters, 'resourceVersion') || undefined,
    bookmarks: parameters.get('allowWatchBookmarks') === 'true',
    initialEvents: parameters.get('sendInitialEvents') === 'true',
    timeoutMs: seconds(wholeNumber(parameters, 'timeoutSeconds')),
  };
}

function selectsOf(parameters: URLSearchParams): Choice | undefined {
  const labels = parameters.get('labelSelector') ?? '';
  const fields = parameters.get('fieldSelector') ?? '';
  if (labels === '' && fields === '') return undefined;
  const [byLabels, byFields] = [parseLabelSelector(labels), parseFieldSelector(fields)];
  return object => byLabels(object) && byFields(object);
}

/** The path and the query of a request target. */
export function splitTarget(target: string): [path: string, query: string] {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
}

function verbOf(method: string, { name, subresource }: ResourcePath, watch: boolean): Verb {
  if (method === 'GET' && subresource === undefined && watch) return 'watch';
  if (name === undefined) {
    if (method === 'GET') return 'list';
    if (method === 'POST') return 'create';
  } else {
    if (method === 'GET') return 'get';
    if (method === 'PUT') return 'update';
    if (method === 'PATCH') return 'patch';
    if (method === 'DELETE' && subresource === undefined) return 'delete';
  }
  throw methodNotAllowed();
}

function isDryRun(parameters: URLSearchParams): boolean {
  const values = parameters.getAll('dryRun');
  const unknown = values.find(value => value !== 'All');
  if (unknown !== undefined)
    throw new DroverError(
      'bad-request',
      `dryRun: Unsupported value: ${JSON.stringify(unknown)}: supported values: "All"`,
    );
  return values.length > 0;
}

function fieldValidationOf(parameters: URLSearchParams): 'Strict' | 'Warn' | 'Ignore' {
  const value = parameters.get('fieldValidation') ?? 'Warn';
  if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value;
  throw new DroverError('bad-request', `fieldValidation: Unsupported value: ${JSON.stringify(value)}`);
}

/** As in Kubernetes (validation.FieldManagerMaxLength). */
const maxManagerLength = 128;

function fieldManagerOf(parameters: URLSearchParams, userAgent = 'unknown'): string {
  const given = parameters.get('fieldManager') ?? '';
  if (given === '') return userAgent.split('/', 1)[0]?.slice(0, maxManagerLength) || 'unknown';
  if (Buffer.byteLength(given) > maxManagerLength) {
    throw new DroverError('bad-request', `fieldManager: Too long: may not be more than ${maxManagerLength} bytes`);
  }
  if (/\p{C}|[\p{Z}--[ ]]/v.test(given)) {
    const value = JSON.stringify(given);
    throw new DroverError(
      'bad-request',
      `fieldManager: Invalid value: ${value}: should only contain printable characters`,
    );
  }
  return given;
}

function wholeNumber(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name) ?? '';
  if (text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new DroverError('bad-request', `${name}: Invalid value: ${JSON.stringify(text)}: must be a whole number`);
}

const seconds = (count: number | undefined): number | undefined =>
  count === undefined || count === 0 ? undefined : count * 1000;
