import { isRecord } from '../object.ts';
import type { OpenApiSchema } from './meta-schemas.ts';

/**
 * Paths and schemas of OpenAPI 3 in the words of Swagger 2.0, for clients that know `/openapi/v2` only: bodies are
 * parameters, answers have one schema, definitions have another place.
 */
export function swagger2Of(
  title: string,
  version: string,
  paths: Readonly<Record<string, OpenApiSchema>>,
  definitions: Readonly<Record<string, OpenApiSchema>>,
): OpenApiSchema {
  return {
    swagger: '2.0',
    info: { title, version },
    paths: Object.fromEntries(Object.entries(paths).map(([path, item]) => [path, pathItem(item)])),
    definitions: schemasByName(definitions),
  };
}

function pathItem(item: OpenApiSchema): OpenApiSchema {
  return Object.fromEntries(
    Object.entries(item).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.map(parameter) : isRecord(value) ? operation(value) : value,
    ]),
  );
}

function operation({ requestBody, parameters, responses, ...rest }: OpenApiSchema): OpenApiSchema {
  const body = isRecord(requestBody) ? requestBody : undefined;
  const content = isRecord(body?.['content']) ? body['content'] : {};
  const [first] = Object.values(content);
  const listed = Array.isArray(parameters) ? parameters.map(parameter) : [];
  return {
    ...rest,
    consumes: body === undefined ? ['*/*'] : Object.keys(content),
    produces: ['application/json'],
    parameters: isRecord(first)
      ? [
          {
            name: 'body',
            in: 'body',
            ...(body?.['required'] ? { required: true } : {}),
            schema: schema(first['schema']),
          },
          ...listed,
        ]
      : listed,
    responses: Object.fromEntries(
      Object.entries(isRecord(responses) ? responses : {}).map(([status, answer]) => [status, response(answer)]),
    ),
  };
}

function parameter(found: unknown): unknown {
  if (!isRecord(found)) return found;
  const { schema: type, ...rest } = found;
  return isRecord(type) ? { ...rest, ...type } : rest;
}

function response(found: unknown): unknown {
  if (!isRecord(found)) return found;
  const { content, ...rest } = found;
  const [first] = isRecord(content) ? Object.values(content) : [];
  return isRecord(first) ? { ...rest, schema: schema(first['schema']) } : rest;
}

const schemasByName = (named: OpenApiSchema): OpenApiSchema =>
  Object.fromEntries(Object.entries(named).map(([name, one]) => [name, schema(one)]));

/** `allOf` of one reference becomes the reference; `nullable` is not known. */
function schema(found: unknown): unknown {
  if (!isRecord(found)) return found;
  const { allOf, nullable: _, ...rest } = found;
  const only = Array.isArray(allOf) && isRecord(allOf[0]) ? allOf[0] : undefined;
  return Object.fromEntries(
    Object.entries({ ...rest, ...only }).map(([key, value]) => {
      if (key === '$ref') return [key, String(value).replace('#/components/schemas/', '#/definitions/')];
      if (key === 'properties' && isRecord(value)) return [key, schemasByName(value)];
      return [key, key === 'items' || key === 'additionalProperties' ? schema(value) : value];
    }),
  );
}
