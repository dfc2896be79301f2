import { isRecord } from './object.ts';

/** The part of OpenAPI v3 (and of CRD schemas) in which a resource declares its fields. */
export type Schema = { readonly description?: string } & (
  | {
      readonly type: 'object';
      readonly properties?: Readonly<Record<string, Schema>>;
      readonly required?: readonly string[];
      /** The schema of a map's values. Without it, a field that `properties` does not name is unknown. */
      readonly additionalProperties?: Schema;
    }
  | { readonly type: 'array'; readonly items: Schema; readonly maxItems?: number }
  | {
      readonly type: 'string';
      readonly format?: 'date-time';
      readonly enum?: readonly string[];
      readonly pattern?: string;
      readonly maxLength?: number;
    }
  | { readonly type: 'integer'; readonly minimum?: number; readonly maximum?: number }
  | { readonly type: 'boolean' }
);

/** One thing that is wrong with a field; becomes a `StatusCause`. */
export interface FieldError {
  /** As kubectl writes it: `spec.groups[0]`. */
  readonly field: string;
  readonly reason: 'FieldValueInvalid' | 'FieldValueRequired' | 'FieldValueNotSupported' | 'FieldValueForbidden';
  readonly message: string;
}

/** What {@link checkSchema} found. */
export interface SchemaReport {
  readonly errors: FieldError[];
  /** Paths of the fields that the schema does not know. */
  readonly unknown: string[];
  /** The value without them. */
  readonly pruned: unknown;
}

const invalid = (field: string, value: unknown, message: string): FieldError => ({
  field,
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${message}`,
});

/** Checks `value` against `schema`; nothing is thrown, everything wrong is told at once. */
export function checkSchema(schema: Schema, value: unknown, path = ''): SchemaReport {
  const errors: FieldError[] = [];
  const unknown: string[] = [];
  return { errors, unknown, pruned: visit(schema, value, path) };

  function visit(rule: Schema, found: unknown, at: string): unknown {
    switch (rule.type) {
      case 'object':
        return visitObject(rule, found, at);
      case 'array':
        if (!Array.isArray(found)) return mistyped(found, at, 'array');
        if (rule.maxItems !== undefined && found.length > rule.maxItems) {
          errors.push({
            field: at,
            reason: 'FieldValueInvalid',
            message: `Too many: ${found.length}: must have at most ${rule.maxItems} items`,
          });
          return found;
        }
        return found.map((item, index) => visit(rule.items, item, `${at}[${index}]`));
      case 'string':
        return visitString(rule, found, at);
      case 'integer':
        if (!Number.isSafeInteger(found)) return mistyped(found, at, 'integer');
        if (Number(found) < (rule.minimum ?? -Infinity) || Number(found) > (rule.maximum ?? Infinity)) {
          errors.push(invalid(at, found, `must be between ${rule.minimum ?? '-∞'} and ${rule.maximum ?? '∞'}`));
        }
        return found;
      case 'boolean':
        return typeof found === 'boolean' ? found : mistyped(found, at, 'boolean');
    }
  }

  function visitObject(rule: Schema & { type: 'object' }, found: unknown, at: string): unknown {
    if (!isRecord(found)) return mistyped(found, at, 'object');
    const pruned: Record<string, unknown> = {};
    for (const [name, item] of Object.entries(found)) {
      const within = at === '' ? name : `${at}.${name}`;
      // `hasOwn`: a field called `constructor` must not find the prototype's.
      const known = rule.properties && Object.hasOwn(rule.properties, name) ? rule.properties[name] : undefined;
      const itemRule = known ?? rule.additionalProperties;
      if (itemRule === undefined) unknown.push(within);
      else if (item !== null)
        Object.defineProperty(pruned, name, {
          value: visit(itemRule, item, within),
          enumerable: true,
          writable: true,
          configurable: true,
        });
    }
    for (const name of rule.required ?? []) {
      if (!Object.hasOwn(pruned, name)) {
        errors.push({
          field: at === '' ? name : `${at}.${name}`,
          reason: 'FieldValueRequired',
          message: 'Required value',
        });
      }
    }
    return pruned;
  }

  function visitString(rule: Schema & { type: 'string' }, found: unknown, at: string): unknown {
    if (typeof found !== 'string') return mistyped(found, at, 'string');
    if (rule.maxLength !== undefined && found.length > rule.maxLength) {
      errors.push({
        field: at,
        reason: 'FieldValueInvalid',
        message: `Too long: may not be longer than ${rule.maxLength}`,
      });
    } else if (rule.enum && !rule.enum.includes(found)) {
      const supported = rule.enum.map(item => JSON.stringify(item)).join(', ');
      errors.push({
        field: at,
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${JSON.stringify(found)}: supported values: ${supported}`,
      });
    } else if (rule.pattern !== undefined && !new RegExp(rule.pattern).test(found)) {
      errors.push(invalid(at, found, `should match '${rule.pattern}'`));
    } else if (rule.format === 'date-time' && !isDateTime(found)) {
      errors.push(invalid(at, found, 'must be a time as in RFC 3339'));
    }
    return found;
  }

  function mistyped(found: unknown, at: string, wanted: string): unknown {
    errors.push(invalid(at, found, `must be of type ${wanted}`));
    return found;
  }
}

const isDateTime = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));
