import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crdOf } from './crd.ts';
import { gadgets, widgets } from './widgets-for-tests.ts';

test('a resource with a status subresource becomes a cluster-scoped definition', () => {
  const size = {
    ...widgets.columns[0],
    name: 'Size',
    type: 'string',
    description: 'How large.',
    cell: () => '',
  } as const;
  assert.deepEqual(crdOf({ ...widgets, columns: [{ ...size, jsonPath: '.spec.size', priority: 1 }, size] }), {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.dev' },
    spec: {
      group: 'example.dev',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList', shortNames: ['wi'] },
      scope: 'Cluster',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: widgets.fields } },
          subresources: { status: {} },
          additionalPrinterColumns: [
            // A column that no JSONPath says is left out.
            {
              name: 'Age',
              type: 'date',
              description: 'How long ago the object was made.',
              jsonPath: '.metadata.creationTimestamp',
            },
            // Only -o wide shows it, behind the age.
            { name: 'Size', type: 'integer', description: 'How large.', jsonPath: '.spec.size', priority: 1 },
          ],
        },
      ],
    },
  });
});

test('a column’s type is that of the field: a time is printed as an age', () => {
  const column = (name: string) =>
    ({ name, type: 'string', description: '', jsonPath: `.data.${name}`, cell: () => '' }) as const;
  const { spec } = crdOf({
    ...gadgets,
    fields: {
      data: {
        type: 'object',
        properties: { at: { type: 'string', format: 'date-time' }, on: { type: 'boolean' } },
        additionalProperties: { type: 'array', items: { type: 'string' } },
      },
    },
    columns: [column('at'), column('on'), column('other')],
  });
  const [version] = spec['versions'] as { additionalPrinterColumns: { type: string }[]; subresources?: object }[];
  assert.deepEqual(
    version?.additionalPrinterColumns.map(({ type }) => type),
    ['date', 'boolean', 'string', 'date'],
  );
  assert.equal(version?.subresources, undefined);
  assert.equal(spec['scope'], 'Namespaced');
});

test('a default is one that kube-apiserver 1.20 accepts', () => {
  const { spec } = crdOf({
    ...gadgets,
    fields: {
      data: {
        type: 'object',
        default: {},
        required: ['owner', 'size', 'name'],
        properties: {
          owner: { type: 'string', default: '' },
          size: { type: 'integer', default: 1 },
          name: { type: 'string' },
        },
      },
    },
  });
  const [version] = spec['versions'] as { schema: { openAPIV3Schema: { properties: object } } }[];
  assert.deepEqual(version?.schema.openAPIV3Schema.properties, {
    data: {
      type: 'object',
      default: {},
      required: ['name'],
      properties: { owner: { type: 'string' }, size: { type: 'integer', default: 1 }, name: { type: 'string' } },
    },
  });
});
