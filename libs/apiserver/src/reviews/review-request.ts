import { invalid } from '../failures.ts';
import { fieldErrors } from '../field-errors.ts';
import type { ApiObject } from '../object.ts';
import type { ResourceType, Verb } from '../resource-type.ts';

/** What an access review asks about. */
export type ReviewedAccess =
  | {
      readonly of: 'resource';
      readonly verb: Verb;
      readonly group: string;
      readonly resource: string;
      readonly subresource: string | undefined;
      readonly namespace: string | undefined;
      readonly name: string | undefined;
    }
  | { readonly of: 'path'; readonly verb: string; readonly path: string };

/** The field of a review's spec, which its schema has checked. */
export function specOf(object: ApiObject): Record<string, unknown> {
  const spec: unknown = 'spec' in object ? object.spec : undefined;
  return typeof spec === 'object' && spec !== null ? { ...spec } : {};
}

/** A text, or undefined where it is absent or empty. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

export const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter(one => typeof one === 'string') : [];

/** Reads what is asked. Throws `invalid` unless exactly one thing is. */
export function accessOf(type: ResourceType, object: ApiObject): ReviewedAccess {
  const { resourceAttributes, nonResourceAttributes } = specOf(object);
  const of = (value: unknown): Record<string, unknown> | undefined =>
    typeof value === 'object' && value !== null ? { ...value } : undefined;
  const resource = of(resourceAttributes);
  const path = of(nonResourceAttributes);
  if ((resource === undefined) === (path === undefined)) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    throw invalid(type, '', [fieldErrors.invalid('spec.resourceAttributes', resourceAttributes ?? null, why)]);
  }
  if (path !== undefined) return { of: 'path', verb: textOf(path['verb']) ?? '', path: textOf(path['path']) ?? '' };
  return {
    of: 'resource',
    // Any text may be asked about: rules name verbs that no request has.
    verb: (textOf(resource?.['verb']) ?? '') as Verb,
    group: textOf(resource?.['group']) ?? '',
    resource: textOf(resource?.['resource']) ?? '',
    subresource: textOf(resource?.['subresource']),
    namespace: textOf(resource?.['namespace']),
    name: textOf(resource?.['name']),
  };
}
