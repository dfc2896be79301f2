/** The kinds of mistakes that a `StatusCause` tells apart (k8s.io/apimachinery/pkg/apis/meta/v1.CauseType). */
export type FieldErrorReason =
  | 'FieldValueInvalid'
  | 'FieldValueTypeInvalid'
  | 'FieldValueRequired'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'FieldValueNotFound'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany';

/** One thing that is wrong with a field; becomes a `StatusCause`. */
export interface FieldError {
  /** As kubectl writes it: `spec.groups[0]`. */
  readonly field: string;
  readonly reason: FieldErrorReason;
  readonly message: string;
}

/**
 * So many mistakes of one object are told at most: the rest are of the same kind as a rule, and an object of 1.5 MB that is
 * made of mistakes would have an answer of a hundred times its size.
 */
export const maxFieldErrors = 100;

/** A path is told so far: who gives a name of a megabyte to a map that holds mistakes must not get it back with each. */
export const maxPathCharacters = 1024;

/** A path, as far as it is told. */
export const pathTold = (path: string): string =>
  path.length > maxPathCharacters ? path.slice(0, maxPathCharacters) : path;

/**
 * Mistakes in the words of kube-apiserver 1.32 (k8s.io/apimachinery/pkg/util/validation/field); people and tools search for
 * them.
 */
export const fieldErrors = Object.freeze({
  invalid: (field: string, value: unknown, detail: string): FieldError => ({
    field,
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${printed(value)}: ${detail}`,
  }),
  /** `value`: the name of the type that was found. */
  typeInvalid: (field: string, value: string, detail: string): FieldError => ({
    field,
    reason: 'FieldValueTypeInvalid',
    message: `Invalid value: ${printed(value)}: ${detail}`,
  }),
  required: (field: string, detail = ''): FieldError => ({
    field,
    reason: 'FieldValueRequired',
    message: detail === '' ? 'Required value' : `Required value: ${detail}`,
  }),
  notSupported: (field: string, value: unknown, supported: readonly (string | number)[]): FieldError => ({
    field,
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${printed(value)}: supported values: ${supported.map(one => printed(String(one))).join(', ')}`,
  }),
  forbidden: (field: string, detail: string): FieldError => ({
    field,
    reason: 'FieldValueForbidden',
    message: `Forbidden: ${detail}`,
  }),
  duplicate: (field: string, value: unknown): FieldError => ({
    field,
    reason: 'FieldValueDuplicate',
    message: `Duplicate value: ${printed(value)}`,
  }),
  notFound: (field: string, value: unknown): FieldError => ({
    field,
    reason: 'FieldValueNotFound',
    message: `Not found: ${printed(value)}`,
  }),
  /** The value itself is not repeated. Kubernetes says bytes, also where characters are counted. */
  tooLong: (field: string, most: number): FieldError => ({
    field,
    reason: 'FieldValueTooLong',
    message: `Too long: may not be more than ${most} ${most === 1 ? 'byte' : 'bytes'}`,
  }),
  tooMany: (field: string, found: number, most: number): FieldError => ({
    field,
    reason: 'FieldValueTooMany',
    message: `Too many: ${found}: must have at most ${most} ${most === 1 ? 'item' : 'items'}`,
  }),
});

/** A value as Go prints it (`%q`, `%v`, and `%#v` for what is compound). */
function printed(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(printed).join(', ')}}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[string]interface {}{${entries.map(([key, item]) => `${JSON.stringify(key)}:${printed(item)}`).join(', ')}}`;
}
