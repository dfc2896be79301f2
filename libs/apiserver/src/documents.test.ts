import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveWidgets } from './widgets-for-tests.ts';

const aggregated = (version: string): string =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

async function served() {
  const server = await serveWidgets({ everybodyIs: 'admin' });
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(server.url + path, { headers, redirect: 'manual' });
    const text = await response.text();
    // biome-ignore lint/suspicious/noExplicitAny: a test reads any JSON
    const body: any = text === '' ? undefined : JSON.parse(text);
    return { status: response.status, headers: response.headers, body };
  };
  return { get, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test('discovery is aggregated for clients that ask so, in the version that they prefer', async () => {
  await using server = await served();
  const accept = `${aggregated('v2')},${aggregated('v2beta1')},application/json`;
  const newest = await server.get('/apis', { accept });
  assert.equal(newest.headers.get('content-type'), aggregated('v2'));
  assert.equal(newest.body.apiVersion, 'apidiscovery.k8s.io/v2');
  assert.deepEqual(newest.body.items[0].metadata.name, 'example.dev');
  const [version] = newest.body.items[0].versions;
  assert.deepEqual([version.version, version.freshness], ['v1', 'Current']);
  assert.deepEqual(version.resources[0], {
    resource: 'widgets',
    responseKind: { group: 'example.dev', version: 'v1', kind: 'Widget' },
    scope: 'Cluster',
    singularResource: 'widget',
    verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
    shortNames: ['wi'],
    subresources: [
      {
        subresource: 'status',
        responseKind: { group: 'example.dev', version: 'v1', kind: 'Widget' },
        verbs: ['get', 'patch', 'update'],
      },
    ],
  });
  const older = await server.get('/apis', { accept: `${aggregated('v2beta1')},application/json` });
  assert.equal(older.body.apiVersion, 'apidiscovery.k8s.io/v2beta1');
  assert.deepEqual(older.body.items, newest.body.items);
  assert.equal((await server.get('/apis', { accept: `${aggregated('v3')},*/*` })).body.kind, 'APIGroupList');
  assert.deepEqual((await server.get('/api', { accept })).body.items, [], 'no kind is of the core group');
});

test('what a client has already is not sent again', async () => {
  await using server = await served();
  for (const [path, accept] of [
    ['/apis', aggregated('v2')],
    ['/openapi/v2', 'application/json'],
    ['/openapi/v3', '*/*'],
  ] as const) {
    const first = await server.get(path, { accept });
    const etag = first.headers.get('etag') ?? '';
    assert.match(etag, /^"[0-9A-F]{128}"$/);
    const again = await server.get(path, { accept, 'if-none-match': `W/"other", ${etag}` });
    assert.deepEqual([again.status, again.body, again.headers.get('etag')], [304, undefined, etag]);
    assert.equal((await server.get(path, { accept, 'if-none-match': '"other"' })).status, 200);
  }
});

test('a form that there is not is 406', async () => {
  await using server = await served();
  const refused = await server.get('/apis', { accept: 'application/vnd.kubernetes.protobuf' });
  assert.deepEqual([refused.status, refused.body.reason], [406, 'NotAcceptable']);
});

test('a document that is named with its hash may be kept for ever, and an old name leads to the new one', async () => {
  await using server = await served();
  const { paths } = (await server.get('/openapi/v3')).body;
  const url: string = paths['apis/example.dev/v1'].serverRelativeURL;
  assert.equal((await server.get(url)).headers.get('cache-control'), 'public, immutable');
  const old = await server.get('/openapi/v3/apis/example.dev/v1?hash=OLD');
  assert.deepEqual([old.status, old.headers.get('location')], [301, url]);
});

/** Every `$ref` of a document. */
function refsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => (key === '$ref' ? [String(item)] : refsOf(item)));
}

test('every reference of the OpenAPI documents leads somewhere, and operations have names of their own', async () => {
  await using server = await served();
  const v3 = (await server.get('/openapi/v3/apis/example.dev/v1')).body;
  const v2 = (await server.get('/openapi/v2')).body;
  const places: [document: unknown, prefix: string, found: Record<string, unknown>][] = [
    [v3, '#/components/schemas/', v3.components.schemas],
    [v2, '#/definitions/', v2.definitions],
  ];
  for (const [document, prefix, found] of places) {
    const refs = refsOf(document);
    assert.ok(refs.length > 20);
    for (const ref of refs) assert.ok(ref.startsWith(prefix) && found[ref.slice(prefix.length)] !== undefined, ref);
  }
  assert.deepEqual(Object.keys(v3.paths), [
    '/apis/example.dev/v1/widgets',
    '/apis/example.dev/v1/widgets/{name}',
    '/apis/example.dev/v1/widgets/{name}/status',
    '/apis/example.dev/v1/namespaces/{namespace}/gadgets',
    '/apis/example.dev/v1/namespaces/{namespace}/gadgets/{name}',
    '/apis/example.dev/v1/gadgets',
  ]);
  const ids = (paths: object): string[] =>
    Object.values(paths).flatMap(item =>
      Object.values(item).flatMap(one => (one as { operationId?: string }).operationId ?? []),
    );
  assert.equal(new Set(ids(v3.paths)).size, ids(v3.paths).length);
  assert.ok(ids(v3.paths).includes('listExampleDevV1GadgetForAllNamespaces'));
  assert.deepEqual(ids(v2.paths), ids(v3.paths));
  const put = v2.paths['/apis/example.dev/v1/widgets/{name}'].put;
  assert.deepEqual(put.parameters[0], {
    name: 'body',
    in: 'body',
    required: true,
    schema: { $ref: '#/definitions/dev.example.v1.Widget' },
  });
  assert.deepEqual(put.responses['200'].schema, { $ref: '#/definitions/dev.example.v1.Widget' });
});
