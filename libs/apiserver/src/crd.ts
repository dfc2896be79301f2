import { type Column, qualifiedName, type ResourceType } from './resource-type.ts';
import type { Schema } from './schema.ts';
import { columnsOf } from './table.ts';

/** An `apiextensions.k8s.io/v1` CustomResourceDefinition, as far as {@link crdOf} writes it. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/**
 * The definition by which a kube-apiserver serves the same kind: same paths, schema and status subresource. It says no
 * more than a schema can: what {@link ResourceType.validate} checks and what is `hidden` are not in it. Accepted by every
 * kube-apiserver since 1.16; newer keys (`selectableFields` of 1.30) are left out, since an older one refuses none of
 * them but drops them in silence, and then the file and the cluster would differ for ever.
 *
 * @example
 * writeFileSync('widgets.yaml', stringify(crdOf(widgets)));
 */
export function crdOf(type: ResourceType): CustomResourceDefinition {
  const { group, version, kind, plural, singular, shortNames, namespaced } = type;
  const { always, wide } = columnsOf(type);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: qualifiedName(type) },
    spec: {
      group,
      names: {
        plural,
        singular,
        kind,
        listKind: `${kind}List`,
        ...(shortNames.length === 0 ? {} : { shortNames: [...shortNames] }),
        ...(type.categories === undefined ? {} : { categories: [...type.categories] }),
      },
      scope: namespaced ? 'Namespaced' : 'Cluster',
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              ...(type.description === undefined ? {} : { description: type.description }),
              ...(type.required === undefined ? {} : { required: [...type.required] }),
              properties: structural(type.fields),
            },
          },
          ...(type.status ? { subresources: { status: {} } } : {}),
          additionalPrinterColumns: [
            ...always.flatMap(column => printerColumn(type, column)),
            age,
            ...wide.flatMap(column => printerColumn(type, column)),
          ],
        },
      ],
    },
  };
}

/** kube-apiserver adds the name by itself, and the age only where no column is given. */
const age = {
  name: 'Age',
  type: 'date',
  description: 'How long ago the object was made.',
  jsonPath: '.metadata.creationTimestamp',
};

function printerColumn(type: ResourceType, { name, description, priority, jsonPath }: Column): unknown[] {
  if (jsonPath === undefined) return [];
  const found = schemaAt({ type: 'object', properties: type.fields }, jsonPath.split('.').slice(1));
  return [{ name, type: columnType(found), description, jsonPath, ...(priority === undefined ? {} : { priority }) }];
}

function schemaAt(schema: Schema | undefined, [name, ...rest]: readonly string[]): Schema | undefined {
  if (name === undefined || schema?.type !== 'object') return schema;
  return schemaAt(schema.properties?.[name] ?? schema.additionalProperties, rest);
}

/** A date is printed as an age; a list as JSON, as a string. */
function columnType(schema: Schema | undefined): string {
  if (schema?.type === 'string' && schema.format === 'date-time') return 'date';
  return schema?.type === 'integer' || schema?.type === 'boolean' ? schema.type : 'string';
}

/** Copies: maps may be shared between declarations, and not everybody reads a file of anchors and aliases. */
const structural = (fields: Readonly<Record<string, Schema>>): Record<string, Schema> =>
  Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, acceptable(schema)]));

/**
 * kube-apiserver holds a default against its schema before the defaults inside it are filled in, and up to 1.20 reads
 * `default: ""` as null. So an empty text is no default here, and a field with a default is not required: that it is
 * absent then means the same.
 */
function acceptable(schema: Schema): Schema {
  if (schema.type === 'array') return { ...structuredClone(schema), items: acceptable(schema.items) };
  if (schema.type === 'object') {
    const { properties, required, additionalProperties, ...rest } = schema;
    const wanted = required?.filter(name => properties?.[name]?.default === undefined) ?? [];
    return {
      ...structuredClone(rest),
      ...(wanted.length === 0 ? {} : { required: wanted }),
      ...(properties === undefined ? {} : { properties: structural(properties) }),
      ...(additionalProperties === undefined ? {} : { additionalProperties: acceptable(additionalProperties) }),
    };
  }
  if (schema.default !== '') return structuredClone(schema);
  const { default: _, ...rest } = schema;
  return rest;
}
