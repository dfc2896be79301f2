import { type Documents, documentOf } from '../documents.ts';
import { groupVersion, type ResourceType } from '../resource-type.ts';
import { definitionName, definitionsOf } from './definitions.ts';
import type { OpenApiSchema } from './meta-schemas.ts';
import { pathsOf } from './operations.ts';
import { swagger2Of } from './swagger2.ts';

const title = 'Kubernetes';

/**
 * The OpenAPI documents by their paths: version 3 as one document for each group and version and an index that names them
 * with their hashes (KEP-2896), and version 2 as one for all. `kubectl explain` prints the schemas, `kubectl create` and
 * `apply` look here whether the server validates fields by itself, and generators of clients read the operations.
 */
export function openApiOf(types: readonly ResourceType[], version = 'unversioned'): ReadonlyMap<string, Documents> {
  const served = types.filter(type => type.verbs.length > 0);
  const documents = new Map<string, Documents>();
  const index: Record<string, unknown> = {};
  for (const [name, members] of groupedBy(
    served,
    type => `${type.group === '' ? 'api' : 'apis'}/${groupVersion(type)}`,
  )) {
    const path = `/openapi/v3/${name}`;
    const document = documentOf({
      openapi: '3.0.0',
      info: { title, version },
      paths: allPaths(members),
      components: { schemas: definitionsOf(members), securitySchemes: bearer },
    });
    documents.set(path, [document]);
    index[name] = { serverRelativeURL: `${path}?hash=${document.etag.slice(1, -1)}` };
  }
  documents.set('/openapi/v3', [documentOf({ paths: index })]);
  documents.set('/openapi/v2', [documentOf(swagger2Of(title, version, allPaths(served), definitionsOf(served)))]);
  return documents;
}

const bearer: OpenApiSchema = {
  BearerToken: { type: 'apiKey', name: 'authorization', in: 'header', description: 'Bearer Token authentication' },
};

const allPaths = (types: readonly ResourceType[]): Record<string, OpenApiSchema> =>
  Object.assign({}, ...types.map(type => pathsOf(type, definitionName(type))));

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
