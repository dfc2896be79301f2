import { isRecord } from '../object.ts';

/** What merging needs to know of a schema. */
export interface MergeSchema {
  readonly type?: string | undefined;
  readonly properties?: Readonly<Record<string, MergeSchema>> | undefined;
  readonly additionalProperties?: MergeSchema | undefined;
  readonly items?: MergeSchema | undefined;
  readonly default?: unknown;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map' | undefined;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[] | undefined;
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular' | undefined;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean | undefined;
}

/** How a value is shared among its owners (KEP-555, "Topology"). */
export type Structure =
  /** It has one owner, or several who agree on all of it: a scalar, or a whole list or object. */
  | { readonly kind: 'leaf'; readonly scalar?: 'string' | 'number' | 'boolean' }
  /** Each field has owners of its own. */
  | {
      readonly kind: 'object';
      readonly fields: ReadonlyMap<string, Structure>;
      /** Of what `fields` does not name; absent: such fields are not known at all. */
      readonly others: Structure | undefined;
    }
  /** Each item has owners of its own, and is told from others by itself. */
  | { readonly kind: 'set' }
  /** Each field of each item has owners of its own; items are told apart by their keys. */
  | {
      readonly kind: 'list';
      readonly keys: readonly string[];
      readonly defaults: Readonly<Record<string, unknown>>;
      readonly item: Structure;
    };

export const leafStructure: Structure = { kind: 'leaf' };
const scalars: Readonly<Record<string, Structure>> = {
  string: { kind: 'leaf', scalar: 'string' },
  integer: { kind: 'leaf', scalar: 'number' },
  number: { kind: 'leaf', scalar: 'number' },
  boolean: { kind: 'leaf', scalar: 'boolean' },
};
const setStructure: Structure = { kind: 'set' };

/** The structure that a schema declares. */
export function structureOf(schema: MergeSchema): Structure {
  if (schema.type === 'array') return listStructure(schema);
  if (schema.type !== 'object') return scalars[schema.type ?? ''] ?? leafStructure;
  if (schema['x-kubernetes-map-type'] === 'atomic') return leafStructure;
  const fields = Object.entries(schema.properties ?? {});
  const { additionalProperties } = schema;
  return {
    kind: 'object',
    fields: new Map(fields.map(([name, field]) => [name, structureOf(field)])),
    others: additionalProperties
      ? structureOf(additionalProperties)
      : schema['x-kubernetes-preserve-unknown-fields']
        ? leafStructure
        : undefined,
  };
}

function listStructure(schema: MergeSchema): Structure {
  const { items = {} } = schema;
  if (schema['x-kubernetes-list-type'] === 'set') return setStructure;
  if (schema['x-kubernetes-list-type'] !== 'map') return leafStructure;
  const keys = [...(schema['x-kubernetes-list-map-keys'] ?? [])].sort();
  const defaults = keys.flatMap(key => {
    const value = items.properties?.[key]?.default;
    return value === undefined ? [] : [[key, value] as const];
  });
  return { kind: 'list', keys, defaults: Object.fromEntries(defaults), item: structureOf(items) };
}

/** What a value of this structure is in fact: an object or a list only where it is one. */
export function formOf(structure: Structure, value: unknown): Structure {
  if (structure.kind === 'leaf' || value === null || value === undefined) return structure;
  return (structure.kind === 'object' ? isRecord(value) : Array.isArray(value)) ? structure : leafStructure;
}

/** The structure of a field; undefined where the schema does not know it, and so nobody can own it. */
export const fieldStructure = (structure: Structure & { kind: 'object' }, name: string): Structure | undefined =>
  structure.fields.get(name) ?? structure.others;
