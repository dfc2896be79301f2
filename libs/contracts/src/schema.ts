/** What every schema may say. */
export interface SchemaBase {
  readonly description?: string;
  /** Whether null is a value of the field; otherwise a null counts as if the field were not there. */
  readonly nullable?: boolean;
  /** What the field has where nothing is given. */
  readonly default?: unknown;
}

/** Named fields, a map, or both. */
export interface ObjectSchema extends SchemaBase {
  readonly type: 'object';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** The schema of a map's values. Without it, a field that `properties` does not name is unknown. */
  readonly additionalProperties?: Schema;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  /** Fields that `properties` does not name are kept as they are. */
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  /** `atomic`: server-side apply gives the whole object one owner. */
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
}

export interface ArraySchema extends SchemaBase {
  readonly type: 'array';
  readonly items: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  /** How server-side apply merges it (KEP-555); `set` and `map` also forbid duplicates. Default `atomic`. */
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  /** Of a `map`: the fields of an item that tell it from the others. */
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

export interface StringSchema extends SchemaBase {
  readonly type: 'string';
  readonly format?: StringFormat;
  readonly enum?: readonly string[];
  /** A regular expression that means the same to JavaScript and to Go (RE2). */
  readonly pattern?: string;
  /** In characters, not bytes. */
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** The formats that are checked; those of custom resources that Drover's kinds need. */
export type StringFormat = 'date-time' | 'date' | 'duration' | 'uuid' | 'byte' | 'ipv4' | 'ipv6' | 'uri' | 'password';

export interface IntegerSchema extends SchemaBase {
  readonly type: 'integer';
  readonly format?: 'int32' | 'int64';
  readonly enum?: readonly number[];
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface NumberSchema extends SchemaBase {
  readonly type: 'number';
  readonly format?: 'float' | 'double';
  readonly enum?: readonly number[];
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface BooleanSchema extends SchemaBase {
  readonly type: 'boolean';
}

/** `intstr.IntOrString`, such as a port by number or by name. */
export interface IntOrStringSchema extends SchemaBase {
  readonly type?: undefined;
  readonly 'x-kubernetes-int-or-string': true;
}

/** Any JSON. */
export interface AnySchema extends SchemaBase {
  readonly type?: undefined;
  readonly 'x-kubernetes-int-or-string'?: undefined;
  readonly 'x-kubernetes-preserve-unknown-fields': true;
}

/**
 * A structural schema, as CustomResourceDefinitions have it (KEP-1027 and the API reference of apiextensions.k8s.io/v1):
 * from one such object come validation, OpenAPI, the CRD, the reference in docs/ and the TypeScript type.
 */
export type Schema =
  | ObjectSchema
  | ArraySchema
  | StringSchema
  | IntegerSchema
  | NumberSchema
  | BooleanSchema
  | IntOrStringSchema
  | AnySchema;
