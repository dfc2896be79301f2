import { isRecord } from '../object.ts';

/**
 * One step into an object, in the encoding of `FieldsV1`: `f:NAME` is a field, `k:{"name":"x"}` an item of a list told by
 * its keys, `v:"x"` an item of a set told by itself, `i:3` an item by its place. (k8s.io/api meta/v1, FieldsV1)
 */
export type PathElement = string;

/** The element of a field. */
export const fieldElement = (name: string): PathElement => `f:${name}`;

/** The element of a list's item with these keys, whose order does not matter. */
export const keyElement = (keys: Readonly<Record<string, unknown>>): PathElement => `k:${canonicalJson(keys)}`;

/** The element of a set's item. */
export const valueElement = (value: unknown): PathElement => `v:${canonicalJson(value)}`;

/** JSON with sorted fields: equal values have equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null';
  const fields = Object.keys(value).sort();
  return `{${fields.map(name => `${JSON.stringify(name)}:${canonicalJson(value[name])}`).join(',')}}`;
}

/**
 * An element as a client wrote it, in the one form that is compared here; undefined where its kind is not known, which is
 * no mistake: it may be of a later version. Throws `SyntaxError` where it is malformed.
 */
export function readElement(text: string): PathElement | undefined {
  const rest = text.slice(2);
  switch (text.slice(0, 2)) {
    case 'f:':
      return text;
    case 'i:':
      if (!/^\d{1,9}$/.test(rest)) throw new SyntaxError(`not an index: ${text}`);
      return text;
    case 'v:':
      return valueElement(JSON.parse(rest));
    case 'k:': {
      const keys: unknown = JSON.parse(rest);
      if (!isRecord(keys)) throw new SyntaxError(`not the keys of an item: ${text}`);
      return keyElement(keys);
    }
    default:
      return undefined;
  }
}

/** A path as kubectl shows it: `.spec.ports[name="http"].port`. */
export const pathText = (path: readonly PathElement[]): string => path.map(elementText).join('');

function elementText(element: PathElement): string {
  const rest = element.slice(2);
  switch (element.slice(0, 2)) {
    case 'k:': {
      const keys: unknown = JSON.parse(rest);
      const shown = Object.entries(isRecord(keys) ? keys : {}).map(
        ([name, value]) => `${name}=${canonicalJson(value)}`,
      );
      return `[${shown.join(',')}]`;
    }
    case 'v:':
      return `[=${rest}]`;
    case 'i:':
      return `[${rest}]`;
    default:
      return `.${rest}`;
  }
}

/** The order in which they are stored: fields, then items by keys, by value, by place. */
export function compareElements(a: PathElement, b: PathElement): number {
  const kinds = rank(a) - rank(b);
  if (kinds !== 0) return kinds;
  if (a.startsWith('f:')) return order(a, b);
  const [left, right] = [parsed(a), parsed(b)];
  return compareValues(left, right) || order(a, b);
}

const rank = (element: PathElement): number => 'fkvi'.indexOf(element.charAt(0));
const parsed = (element: PathElement): unknown => JSON.parse(element.slice(2));

/** Numbers by size and not by their digits; what is no number by its text. */
function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (isRecord(a) && isRecord(b)) {
    for (const name of Object.keys(a)) {
      if (!Object.hasOwn(b, name)) break;
      const values = compareValues(a[name], b[name]);
      if (values !== 0) return values;
    }
  }
  return order(canonicalJson(a), canonicalJson(b));
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
