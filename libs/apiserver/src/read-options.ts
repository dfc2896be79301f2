import { DroverError } from '@drover/errors';
import { type ContinueToken, decodeContinue } from './continue-token.ts';
import { invalidOptions } from './failures.ts';
import { type FieldError, fieldErrors } from './field-errors.ts';
import { parseFieldSelector } from './field-selector.ts';
import { parseLabelSelector } from './label-selector.ts';
import type { ResourceType, Verb } from './resource-type.ts';
import { allOf, type Choice } from './selectors.ts';

/** The parameters of reads: `metav1.ListOptions` and `GetOptions`. */
export interface ReadOptions {
  /** By labels and fields; undefined: all. */
  readonly selects: Choice | undefined;
  /** `resourceVersion`; undefined: none was given, 0: whatever is there. */
  readonly revision: number | undefined;
  readonly match: 'Exact' | 'NotOlderThan' | undefined;
  /** How many objects a page of a list has at most; undefined: no pages. */
  readonly limit: number | undefined;
  readonly continue: ContinueToken | undefined;
  /** `allowWatchBookmarks` */
  readonly bookmarks: boolean;
  /** `sendInitialEvents`; undefined: as the resourceVersion has it. */
  readonly initialEvents: boolean | undefined;
  readonly timeoutMs: number | undefined;
}

const noOptions: ReadOptions = Object.freeze({
  selects: undefined,
  revision: undefined,
  match: undefined,
  limit: undefined,
  continue: undefined,
  bookmarks: false,
  initialEvents: undefined,
  timeoutMs: undefined,
});

/** Reads and checks them, with kube-apiserver's errors. Throws `bad-request`, `invalid`. */
export function readOptions(parameters: URLSearchParams, verb: Verb, type: ResourceType): ReadOptions {
  if (parameters.size === 0) return noOptions;
  const given = (name: string): string => parameters.get(name) ?? '';
  const limit = integer(parameters, 'limit');
  const timeoutSeconds = integer(parameters, 'timeoutSeconds');
  const initialEvents = given('sendInitialEvents') === '' ? undefined : truth(given('sendInitialEvents'));
  const match = given('resourceVersionMatch');
  const isList = verb === 'list' || verb === 'deletecollection';
  if (isList) checkMatch(parameters, 'list', initialEvents);
  else if (verb === 'watch') checkMatch(parameters, verb, initialEvents);
  const selects = allOf(
    given('labelSelector') === '' ? undefined : byLabels(given('labelSelector')),
    given('fieldSelector') === '' ? undefined : parseFieldSelector(given('fieldSelector'), type),
  );
  const token = isList && given('continue') !== '' ? decodeContinue(given('continue')) : undefined;
  if (token !== undefined && !['', '0'].includes(given('resourceVersion'))) {
    throw new DroverError('bad-request', 'specifying resource version is not allowed when using continue');
  }
  return {
    selects,
    revision: revisionOf(given('resourceVersion')),
    match: match === 'Exact' || match === 'NotOlderThan' ? match : undefined,
    limit: limit !== undefined && limit > 0 ? limit : undefined,
    continue: token,
    bookmarks: truth(given('allowWatchBookmarks')),
    initialEvents,
    timeoutMs: timeoutSeconds !== undefined && timeoutSeconds > 0 ? timeoutSeconds * 1000 : undefined,
  };
}

/** As Go's clients and servers read a flag of a URL: whatever is there and is not false is true. */
export const truth = (text: string): boolean => !['', '0', 'false'].includes(text.toLowerCase());

function byLabels(text: string): Choice {
  const test = parseLabelSelector(text);
  return ({ labels }) => test(labels);
}

function revisionOf(text: string): number | undefined {
  if (text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const why = /^\d+$/.test(text) ? 'value out of range' : 'invalid syntax';
  const quoted = JSON.stringify(text);
  const message = `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${why}`;
  throw new DroverError('bad-request', message);
}

function integer(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name) ?? '';
  if (text === '') return undefined;
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text);
  const why = /^[+-]?\d+$/.test(text) ? 'value out of range' : 'invalid syntax';
  throw new DroverError('bad-request', `strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
}

/** k8s.io/apimachinery/pkg/apis/meta/internalversion/validation, and KEP-3157 for watches. */
function checkMatch(parameters: URLSearchParams, verb: 'list' | 'watch', initialEvents: boolean | undefined): void {
  const match = parameters.get('resourceVersionMatch') ?? '';
  const paged = (parameters.get('continue') ?? '') !== '';
  const errors: FieldError[] = [];
  const forbidden = (field: string, why: string): void => void errors.push(fieldErrors.forbidden(field, why));
  const unsupported = (...values: string[]): void =>
    void errors.push(fieldErrors.notSupported('resourceVersionMatch', match, values));
  if (verb === 'list') {
    const revision = parameters.get('resourceVersion') ?? '';
    if (match !== '') {
      if (revision === '')
        forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided');
      if (paged) forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided');
      if (match !== 'Exact' && match !== 'NotOlderThan') unsupported('Exact', 'NotOlderThan', '');
      if (match === 'Exact' && revision === '0')
        forbidden('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
    if (initialEvents !== undefined) forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list');
  } else {
    if (initialEvents !== undefined && match !== 'NotOlderThan')
      forbidden('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
    if (match !== '') {
      if (initialEvents === undefined)
        forbidden(
          'resourceVersionMatch',
          'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
        );
      if (match !== 'NotOlderThan') unsupported('NotOlderThan');
      if (paged) forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided');
    }
  }
  if (errors.length > 0) throw invalidOptions('ListOptions', errors);
}
