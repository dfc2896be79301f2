import { groupVersion, type ResourceType, type Verb } from '../resource-type.ts';
import { metaRef, type OpenApiSchema } from './meta-schemas.ts';

const parameter = (name: string, type: string, description: string): OpenApiSchema => ({
  name,
  in: 'query',
  description,
  schema: { type, uniqueItems: true },
});

const pretty = parameter('pretty', 'string', 'If `true`, the output is printed for people.');
const dryRun = parameter('dryRun', 'string', '`All`: everything is done but the write.');
const fieldManager = parameter('fieldManager', 'string', 'Who makes the change, for managedFields.');
const fieldValidation = parameter(
  'fieldValidation',
  'string',
  'What becomes of unknown and duplicate fields: `Ignore`, `Warn` or `Strict`.',
);
const force = parameter('force', 'boolean', 'Server-side apply takes fields over from other managers.');
const writing = [dryRun, fieldManager, fieldValidation];
const deleting = [
  dryRun,
  parameter('gracePeriodSeconds', 'integer', 'How long the object has to end.'),
  parameter('orphanDependents', 'boolean', 'Deprecated: see propagationPolicy.'),
  parameter('propagationPolicy', 'string', '`Orphan`, `Background` or `Foreground`.'),
];
const selecting = [
  parameter('continue', 'string', 'Where the next part of a list begins, as the part before it told.'),
  parameter('fieldSelector', 'string', 'Only objects whose fields match.'),
  parameter('labelSelector', 'string', 'Only objects whose labels match.'),
  parameter('limit', 'integer', 'At most so many objects; the answer tells how to go on.'),
  parameter('resourceVersion', 'string', 'How new the answer must be at least; of a watch: where it begins.'),
  parameter('resourceVersionMatch', 'string', '`Exact` or `NotOlderThan`.'),
  parameter('sendInitialEvents', 'boolean', 'A watch begins with all that there is, and a bookmark.'),
  parameter('timeoutSeconds', 'integer', 'How long the request may take.'),
];
const watching = [
  parameter('allowWatchBookmarks', 'boolean', 'The watch tells of revisions without a change too.'),
  parameter('watch', 'boolean', 'Tell of changes instead of listing.'),
];
const inPath = (name: string, description: string): OpenApiSchema => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', uniqueItems: true },
});

const patchTypes = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
] as const;

/** One way to call a resource: the HTTP method, the verb, and the verb as operations are named. */
interface Call {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly verb: Verb;
  readonly action: string;
  readonly id: string;
  readonly parameters: readonly OpenApiSchema[];
}

const onCollection: readonly Call[] = [
  { method: 'get', verb: 'list', action: 'list', id: 'list', parameters: [...selecting, ...watching] },
  { method: 'post', verb: 'create', action: 'post', id: 'create', parameters: writing },
  {
    method: 'delete',
    verb: 'deletecollection',
    action: 'deletecollection',
    id: 'deleteCollection',
    parameters: [...deleting, ...selecting],
  },
];
const onObject: readonly Call[] = [
  {
    method: 'get',
    verb: 'get',
    action: 'get',
    id: 'read',
    parameters: [parameter('resourceVersion', 'string', 'How new the answer must be at least.')],
  },
  { method: 'put', verb: 'update', action: 'put', id: 'replace', parameters: writing },
  { method: 'patch', verb: 'patch', action: 'patch', id: 'patch', parameters: [...writing, force] },
  { method: 'delete', verb: 'delete', action: 'delete', id: 'delete', parameters: deleting },
];

/** The paths of a resource. `definition`: the name of its schema; `prefix`: `/api` or `/apis`. */
export function pathsOf(type: ResourceType, definition: string): Record<string, OpenApiSchema> {
  const base = `${type.group === '' ? '/api' : '/apis'}/${groupVersion(type)}`;
  const collection = `${base}/${type.namespaced ? 'namespaces/{namespace}/' : ''}${type.plural}`;
  const paths: Record<string, OpenApiSchema> = {};
  const add = (path: string, calls: readonly Call[], subject: string): void => {
    const offered = calls.filter(call => type.verbs.includes(call.verb));
    if (offered.length === 0) return;
    paths[path] = {
      ...Object.fromEntries(offered.map(call => [call.method, operation(type, definition, call, subject)])),
      parameters: [
        ...(path.includes('{name}') ? [inPath('name', `The name of the ${type.kind}.`)] : []),
        ...(path.includes('{namespace}') ? [inPath('namespace', 'The namespace of the object.')] : []),
        pretty,
      ],
    };
  };
  const scope = type.namespaced ? 'Namespaced' : '';
  add(collection, onCollection, `${scope}${type.kind}`);
  add(`${collection}/{name}`, onObject, `${scope}${type.kind}`);
  if (type.status) {
    const calls = onObject.filter(call => call.method !== 'delete');
    add(`${collection}/{name}/status`, calls, `${scope}${type.kind}Status`);
  }
  if (type.namespaced) {
    const calls = onCollection.filter(call => call.method === 'get');
    add(`${base}/${type.plural}`, calls, `${type.kind}ForAllNamespaces`);
  }
  return paths;
}

function operation(type: ResourceType, definition: string, call: Call, subject: string): OpenApiSchema {
  const { group, version, kind } = type;
  const object = { $ref: `#/components/schemas/${definition}` };
  const answer =
    call.verb === 'list'
      ? { $ref: `#/components/schemas/${definition}List` }
      : call.method === 'delete'
        ? metaRef('Status')
        : object;
  const answers = call.method === 'post' ? ['200', '201', '202'] : call.verb === 'delete' ? ['200', '202'] : ['200'];
  return {
    description: `${call.id} ${kind}`,
    operationId: operationId(type, call.id, subject),
    tags: [tagOf(type)],
    parameters: call.parameters,
    ...bodyOf(call, object),
    responses: {
      ...Object.fromEntries(answers.map(status => [status, response(answer)])),
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': call.action,
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
}

function bodyOf(call: Call, object: OpenApiSchema): OpenApiSchema {
  const content = (types: readonly string[], schema: OpenApiSchema): OpenApiSchema =>
    Object.fromEntries(types.map(type => [type, { schema }]));
  switch (call.method) {
    case 'get':
      return {};
    case 'patch':
      return { requestBody: { required: true, content: content(patchTypes, metaRef('Patch')) } };
    case 'delete':
      return { requestBody: { content: content(['application/json'], metaRef('DeleteOptions')) } };
    case 'post':
    case 'put':
      return { requestBody: { required: true, content: content(['application/json', 'application/yaml'], object) } };
  }
}

const response = (schema: OpenApiSchema): OpenApiSchema => ({
  description: 'OK',
  content: { 'application/json': { schema } },
});

/** `drover.dev/v1` as in `listDroverDevV1Cluster`. */
const operationId = (type: ResourceType, verb: string, subject: string): string =>
  `${verb}${camel(type.group === '' ? 'core' : type.group)}${camel(type.version)}${subject}`;
const tagOf = (type: ResourceType): string => {
  const words = camel(type.group === '' ? 'core' : type.group);
  return `${words.charAt(0).toLowerCase()}${words.slice(1)}_${type.version}`;
};
const camel = (text: string): string =>
  text
    .split(/[^A-Za-z0-9]/)
    .map(word => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
