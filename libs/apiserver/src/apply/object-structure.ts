import type { ResourceType } from '../resource-type.ts';
import { leafStructure, type MergeSchema, type Structure, structureOf } from './structure.ts';

const textMap: MergeSchema = { type: 'object', additionalProperties: { type: 'string' } };

/**
 * The fields of `metadata` that can have owners, as Kubernetes declares them. Those that the server sets, and the name that
 * tells which object it is, are not here: nobody ever owns them.
 */
const metadata: MergeSchema = {
  type: 'object',
  properties: {
    generateName: { type: 'string' },
    labels: textMap,
    annotations: textMap,
    finalizers: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    ownerReferences: {
      type: 'array',
      items: { type: 'object', 'x-kubernetes-map-type': 'atomic' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
    },
  },
};

/** Structures are made once a type. */
const structures = new WeakMap<ResourceType, Structure>();

/** How whole objects of a type are shared among their owners. Hidden fields are nobody's. */
export function objectStructure(type: ResourceType): Structure {
  const known = structures.get(type);
  if (known !== undefined) return known;
  const fields = Object.entries(type.fields).filter(([name]) => !(type.hidden ?? []).includes(name));
  const made: Structure = {
    kind: 'object',
    fields: new Map([
      ['metadata', structureOf(metadata)],
      ...fields.map(([name, schema]): [string, Structure] => [name, structureOf(schema)]),
    ]),
    others: undefined,
  };
  structures.set(type, made);
  return made;
}

/** The structure without what a write to this part of an object does not touch: `status`, or all but `status`. */
export function partStructure(type: ResourceType, subresource: string | undefined): Structure {
  const whole = objectStructure(type);
  if (!type.status || whole.kind !== 'object') return whole;
  if (subresource === 'status') {
    return { ...whole, fields: new Map([['status', whole.fields.get('status') ?? leafStructure]]) };
  }
  return { ...whole, fields: new Map([...whole.fields].filter(([name]) => name !== 'status')) };
}
