import { groupVersion, type ResourceType } from './resource-type.ts';

/**
 * The OpenAPI v3 documents: `kubectl create` and `apply` look here whether the server validates fields by itself
 * (the parameter `fieldValidation` on a PATCH), and `kubectl explain` prints the schemas.
 */
export function openApiOf(types: readonly ResourceType[]): Map<string, unknown> {
  const served = types.filter(type => type.verbs.length > 0);
  const documents = new Map<string, unknown>();
  const paths: Record<string, unknown> = {};
  for (const gv of new Set(served.map(groupVersion))) {
    const path = `/openapi/v3/apis/${gv}`;
    documents.set(path, documentOf(served.filter(type => groupVersion(type) === gv)));
    paths[`apis/${gv}`] = { serverRelativeURL: path };
  }
  return documents.set('/openapi/v3', { paths });
}

const queryParameter = (name: string): unknown => ({
  name,
  in: 'query',
  schema: { type: 'string', uniqueItems: true },
});

const metadataSchema = {
  type: 'object',
  description: 'Standard object metadata.',
  properties: {
    name: { type: 'string' },
    namespace: { type: 'string' },
    uid: { type: 'string' },
    resourceVersion: { type: 'string' },
    generation: { type: 'integer', format: 'int64' },
    creationTimestamp: { type: 'string', format: 'date-time' },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    annotations: { type: 'object', additionalProperties: { type: 'string' } },
  },
};

function documentOf(types: readonly ResourceType[]): unknown {
  const paths: Record<string, unknown> = {};
  const schemas: Record<string, unknown> = {};
  for (const type of types) {
    const gvk = { group: type.group, version: type.version, kind: type.kind };
    const name = `${type.group.split('.').reverse().join('.')}.${type.version}.${type.kind}`;
    const scope = type.namespaced ? 'namespaces/{namespace}/' : '';
    const base = `/apis/${groupVersion(type)}/${scope}${type.plural}`;
    const operation = (action: string): unknown => ({
      parameters: ['dryRun', 'fieldManager', 'fieldValidation'].map(queryParameter),
      responses: {
        200: {
          description: 'OK',
          content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
        },
      },
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': gvk,
    });
    paths[base] = { post: operation('post') };
    paths[`${base}/{name}`] = { get: operation('get'), put: operation('put'), patch: operation('patch') };
    schemas[name] = {
      type: 'object',
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: metadataSchema,
        ...type.fields,
      },
      'x-kubernetes-group-version-kind': [gvk],
    };
  }
  return { openapi: '3.0.0', info: { title: 'API', version: types[0]?.version ?? '' }, paths, components: { schemas } };
}
