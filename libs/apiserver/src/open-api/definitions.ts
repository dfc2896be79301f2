import type { ResourceType } from '../resource-type.ts';
import { metaRef, metaSchemas, type OpenApiSchema, typeMetaProperties } from './meta-schemas.ts';

/** The name under which a kind's schema stands, as kube-apiserver makes it for custom and for built-in resources. */
export function definitionName({ group, version, kind }: ResourceType): string {
  const builtIn = !group.includes('.') || group.endsWith('.k8s.io');
  const prefix = builtIn ? `io.k8s.api.${group.split('.')[0] || 'core'}` : group.split('.').reverse().join('.');
  return `${prefix}.${version}.${kind}`;
}

/** The schemas of the kinds, of their lists, and of the metadata that they refer to. */
export function definitionsOf(types: readonly ResourceType[]): Record<string, OpenApiSchema> {
  const definitions: Record<string, OpenApiSchema> = {};
  for (const type of types) {
    const { group, version, kind, required = [] } = type;
    const name = definitionName(type);
    definitions[name] = {
      type: 'object',
      description: type.description ?? '',
      ...(required.length === 0 ? {} : { required }),
      properties: {
        ...typeMetaProperties,
        metadata: metaRef('ObjectMeta', 'What every object has.'),
        ...type.fields,
      },
      'x-kubernetes-group-version-kind': [{ group, version, kind }],
    };
    if (!type.verbs.includes('list')) continue;
    definitions[`${name}List`] = {
      type: 'object',
      description: `A list of ${kind}.`,
      required: ['items'],
      properties: {
        ...typeMetaProperties,
        items: { type: 'array', description: 'The objects.', items: { $ref: `#/components/schemas/${name}` } },
        metadata: metaRef('ListMeta', 'What every list has.'),
      },
      'x-kubernetes-group-version-kind': [{ group, version, kind: `${kind}List` }],
    };
  }
  return { ...definitions, ...metaSchemas };
}
