import type { ArraySchema, IntegerSchema, NumberSchema, ObjectSchema, Schema, StringSchema } from '@drover/contracts';
import { type FieldError, fieldErrors, maxFieldErrors, pathTold } from './field-errors.ts';
import { isRecord } from './object.ts';
import { hasFormat } from './string-formats.ts';

export type { Schema } from '@drover/contracts';
export type { FieldError } from './field-errors.ts';

/** What {@link checkSchema} found. */
export interface SchemaReport {
  readonly errors: FieldError[];
  /** Paths of the fields that the schema does not know. */
  readonly unknown: string[];
  /** The value without them and without nulls that mean nothing, and with the defaults. */
  readonly pruned: unknown;
}

/**
 * Checks `value` against `schema` as kube-apiserver checks a custom resource: unknown fields go, defaults come, then the
 * rest is validated. Nothing is thrown, everything wrong is told at once, in kube-apiserver's words.
 */
export function checkSchema(schema: Schema, value: unknown, path = ''): SchemaReport {
  const check = new Check();
  const pruned = check.visit(schema, value, path);
  return { errors: [...check.errors, ...check.duplicates], unknown: check.unknown, pruned };
}

class Check {
  readonly errors: FieldError[] = [];
  /** Told after the others, as kube-apiserver does. */
  readonly duplicates: FieldError[] = [];
  readonly unknown: string[] = [];

  visit(rule: Schema, found: unknown, at: string): unknown {
    if (found === null && rule.nullable) return null;
    switch (rule.type) {
      case 'object':
        return this.#object(rule, found, at);
      case 'array':
        return this.#array(rule, found, at);
      case 'string':
        return this.#string(rule, found, at);
      case 'integer':
      case 'number':
        return this.#number(rule, found, at);
      case 'boolean':
        return typeof found === 'boolean' ? found : this.#mistyped(found, at, 'boolean');
      case undefined:
        if (rule['x-kubernetes-int-or-string'] && typeof found !== 'string' && !Number.isSafeInteger(found)) {
          return this.#mistyped(found, at, 'integer,string');
        }
        return found;
    }
  }

  #object(rule: ObjectSchema, found: unknown, at: string): unknown {
    if (!isRecord(found)) return this.#mistyped(found, at, 'object');
    const { properties = {} } = rule;
    const pruned: Record<string, unknown> = {};
    for (const [name, item] of Object.entries(found)) {
      // `hasOwn`: a field called `constructor` must not find the prototype's.
      const itemRule = Object.hasOwn(properties, name) ? properties[name] : rule.additionalProperties;
      if (itemRule !== undefined) {
        if (item !== null || itemRule.nullable) put(pruned, name, this.visit(itemRule, item, child(at, name)));
      } else if (rule['x-kubernetes-preserve-unknown-fields']) put(pruned, name, item);
      else if (this.unknown.length < maxFieldErrors) this.unknown.push(child(at, name));
    }
    for (const name in properties) {
      const itemRule = properties[name];
      if (itemRule?.default === undefined || Object.hasOwn(pruned, name)) continue;
      put(pruned, name, this.visit(itemRule, structuredClone(itemRule.default), child(at, name)));
    }
    for (const name of rule.required ?? []) {
      if (!Object.hasOwn(pruned, name)) this.#note(fieldErrors.required(child(at, name)));
    }
    const { minProperties, maxProperties } = rule;
    if (minProperties !== undefined || maxProperties !== undefined) {
      const count = Object.keys(pruned).length;
      if (count < (minProperties ?? 0)) this.#invalid(at, count, `should have at least ${minProperties} properties`);
      if (maxProperties !== undefined && count > maxProperties) {
        this.#note(fieldErrors.tooMany(at, count, maxProperties));
      }
    }
    return pruned;
  }

  #array(rule: ArraySchema, found: unknown, at: string): unknown {
    if (!Array.isArray(found)) return this.#mistyped(found, at, 'array');
    // What is too long is not looked at any further.
    if (rule.maxItems !== undefined && found.length > rule.maxItems) {
      this.#note(fieldErrors.tooMany(at, found.length, rule.maxItems));
      return found;
    }
    const items = found.map((item, index) => this.visit(rule.items, item, `${at}[${index}]`));
    if (items.length < (rule.minItems ?? 0)) {
      this.#invalid(at, items.length, `should have at least ${rule.minItems} items`);
    }
    if (rule.uniqueItems && repeatsOf(items).length > 0) this.#invalid(at, '', "shouldn't contain duplicates");
    const listType = rule['x-kubernetes-list-type'];
    const names = rule['x-kubernetes-list-map-keys'] ?? [];
    const keys = listType === 'map' ? items.map(item => keyOf(item, names)) : listType === 'set' ? items : [];
    for (const index of repeatsOf(keys).slice(0, maxFieldErrors)) {
      this.duplicates.push(fieldErrors.duplicate(`${at}[${index}]`, keys[index]));
    }
    return items;
  }

  #string(rule: StringSchema, found: unknown, at: string): unknown {
    if (typeof found !== 'string') return this.#mistyped(found, at, 'string');
    const { minLength, maxLength, pattern, format } = rule;
    if (minLength !== undefined || maxLength !== undefined) {
      const length = charactersOf(found);
      if (maxLength !== undefined && length > maxLength) this.#note(fieldErrors.tooLong(at, maxLength));
      if (length < (minLength ?? 0)) this.#invalid(at, found, `should be at least ${minLength} chars long`);
    }
    if (pattern !== undefined && !expressionOf(pattern).test(found)) {
      this.#invalid(at, found, `should match '${pattern}'`);
    }
    if (format !== undefined && !hasFormat(format, found)) {
      const detail = `${at} in body must be of type ${format}: ${JSON.stringify(found)}`;
      this.#note(fieldErrors.typeInvalid(at, found, detail));
    }
    if (rule.enum && !rule.enum.includes(found)) this.#note(fieldErrors.notSupported(at, found, rule.enum));
    return found;
  }

  #number(rule: IntegerSchema | NumberSchema, found: unknown, at: string): unknown {
    if (typeof found !== 'number' || (rule.type === 'integer' && !Number.isSafeInteger(found))) {
      return this.#mistyped(found, at, rule.type);
    }
    const { minimum, maximum } = rule;
    if (minimum !== undefined && found < minimum) {
      this.#invalid(at, found, `should be greater than or equal to ${minimum}`);
    }
    if (maximum !== undefined && found > maximum)
      this.#invalid(at, found, `should be less than or equal to ${maximum}`);
    if (rule.enum && !rule.enum.includes(found)) this.#note(fieldErrors.notSupported(at, found, rule.enum));
    return found;
  }

  #note(error: FieldError): void {
    if (this.errors.length < maxFieldErrors) this.errors.push(error);
  }

  #invalid(at: string, value: unknown, what: string): void {
    this.#note(fieldErrors.invalid(at, value, `${inBody(at)} ${what}`));
  }

  #mistyped(found: unknown, at: string, wanted: string): unknown {
    const type = typeNameOf(found);
    this.#note(fieldErrors.typeInvalid(at, type, `${inBody(at)} must be of type ${wanted}: "${type}"`));
    return found;
  }
}

const child = (at: string, name: string): string => pathTold(at === '' ? name : `${at}.${name}`);
const inBody = (at: string): string => `${at === '' ? '<nil>' : at} in body`;

/** Sets an own field, also one that is called `__proto__`. */
function put(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') object[name] = value;
  else Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}

function typeNameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** Unicode characters, as Kubernetes counts a string's length; not UTF-16 units. */
function charactersOf(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1) count++;
  return count;
}

/** Compiled once; patterns come from schemas only, never from a caller. */
const expressions = new Map<string, RegExp>();

function expressionOf(pattern: string): RegExp {
  const known = expressions.get(pattern) ?? new RegExp(pattern);
  expressions.set(pattern, known);
  return known;
}

function keyOf(item: unknown, names: readonly string[]): Record<string, unknown> {
  const found = isRecord(item) ? item : {};
  return Object.fromEntries(names.flatMap(name => (Object.hasOwn(found, name) ? [[name, found[name]]] : [])));
}

/** Where each value that is there more than once comes for the second time. */
function repeatsOf(values: readonly unknown[]): number[] {
  const counts = new Map<string, number>();
  return values.flatMap((value, index) => {
    const key = canonical(value);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count === 2 ? [index] : [];
  });
}

/** JSON that is the same for equal values, whatever the order of their fields. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, item) =>
    isRecord(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  );
