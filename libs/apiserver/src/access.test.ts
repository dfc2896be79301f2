import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DroverError } from '@drover/errors';
import type { ClientWrite, ResourceAttributes, VirtualResource } from './index.ts';
import { serveWidgets, widget } from './widgets-for-tests.ts';

const widgetsPath = '/apis/example.dev/v1/widgets';

async function call(url: string, method: string, path: string, body?: unknown, type = 'application/json') {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: 'Bearer alice', ...(body === undefined ? {} : { 'content-type': type }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any JSON
  return { status: response.status, body: (await response.json()) as any };
}

test('an authorizer is told the whole request, and refuses in kube-apiserver’s words', async () => {
  const seen: ResourceAttributes[] = [];
  const authorize = (_: string, asked: ResourceAttributes) => {
    seen.push(asked);
    return { allowed: false } as const;
  };
  await using served = await serveWidgets({ extra: { authorize } });
  const refused = await call(served.url, 'PATCH', `${widgetsPath}/a/status`, {}, 'application/merge-patch+json');
  assert.deepEqual([refused.status, refused.body.reason], [403, 'Forbidden']);
  assert.equal(
    refused.body.message,
    'widgets.example.dev "a" is forbidden: User "alice" cannot patch resource "widgets/status" in API group "example.dev" at the cluster scope',
  );
  const inNamespace = await call(served.url, 'GET', '/apis/example.dev/v1/namespaces/n/gadgets');
  assert.equal(
    inNamespace.body.message,
    'gadgets.example.dev is forbidden: User "alice" cannot list resource "gadgets" in API group "example.dev" in the namespace "n"',
  );
  assert.deepEqual(seen, [
    {
      verb: 'patch',
      group: 'example.dev',
      resource: 'widgets',
      subresource: 'status',
      namespace: undefined,
      name: 'a',
    },
    {
      verb: 'list',
      group: 'example.dev',
      resource: 'gadgets',
      subresource: undefined,
      namespace: 'n',
      name: undefined,
    },
  ]);
});

test('paths that are no object’s are asked about too', async () => {
  await using served = await serveWidgets({ extra: { authorizePath: (_user, _verb, path) => path === '/apis' } });
  assert.equal((await call(served.url, 'GET', '/apis')).status, 200);
  for (const path of ['/api', '/openapi/v3', '/metrics']) {
    const refused = await call(served.url, 'GET', path);
    assert.equal(refused.status, 403, path);
    assert.equal(refused.body.message, `forbidden: User "alice" cannot get path "${path}"`);
  }
});

test('every write of a client is admitted: changed, shown with more than is kept, or refused', async () => {
  const seen: [string, string | undefined][] = [];
  const admit = (_: string, { asked, object, old }: ClientWrite) => {
    seen.push([asked.verb, old?.metadata.name]);
    if (object.metadata.labels?.['bad'] !== undefined) throw new DroverError('forbidden', 'a bad one');
    const marked = { ...object, metadata: { ...object.metadata, name: object.metadata.name || 'made' } };
    return { object: marked, answer: (stored: object) => ({ ...marked, ...stored, given: 'once' }) };
  };
  await using served = await serveWidgets({ extra: { admit } });
  const made = await call(served.url, 'POST', widgetsPath, widget(''));
  assert.deepEqual([made.status, made.body.metadata.name, made.body.given], [201, 'made', 'once']);
  assert.equal((await call(served.url, 'GET', `${widgetsPath}/made`)).body.given, undefined);
  assert.equal((await call(served.url, 'POST', widgetsPath, widget('b', {}, { bad: '' }))).status, 403);
  const patch = { metadata: { labels: { bad: '' } } };
  const patched = await call(served.url, 'PATCH', `${widgetsPath}/made`, patch, 'application/merge-patch+json');
  assert.equal(patched.status, 403);
  const put = { ...made.body, ...patch, metadata: { ...made.body.metadata, ...patch.metadata }, given: undefined };
  assert.equal((await call(served.url, 'PUT', `${widgetsPath}/made`, put)).status, 403);
  assert.deepEqual(seen, [
    ['create', undefined],
    ['create', undefined],
    ['patch', 'made'],
    ['update', 'made'],
  ]);
});

test('who sees some objects only can make no others', async () => {
  const authorize = () =>
    ({
      allowed: true,
      only: (object: { metadata: { labels?: Record<string, string> } }) => object.metadata.labels?.['of'] === 'alice',
    }) as const;
  await using served = await serveWidgets({ extra: { authorize } });
  const refused = await call(served.url, 'POST', widgetsPath, widget('a', {}, { of: 'bob' }));
  assert.equal(refused.status, 403);
  assert.equal((await call(served.url, 'POST', widgetsPath, widget('a', {}, { of: 'alice' }))).status, 201);
  const given = await call(
    served.url,
    'PATCH',
    `${widgetsPath}/a`,
    { metadata: { labels: { of: 'bob' } } },
    'application/merge-patch+json',
  );
  assert.equal(given.status, 403);
});

test('a virtual resource is found, created and answered, and never kept', async () => {
  const greetings: VirtualResource<string> = {
    type: {
      group: 'hello.dev',
      version: 'v1',
      kind: 'Greeting',
      plural: 'greetings',
      singular: 'greeting',
      shortNames: [],
      namespaced: true,
      verbs: ['create'],
      status: false,
      fields: { spec: { type: 'object', properties: { tone: { type: 'string' } } } },
      columns: [],
    },
    answer: (user, object) => ({
      ...('spec' in object ? { spec: object.spec } : {}),
      status: { text: `hello ${user}` },
    }),
  };
  await using served = await serveWidgets({ extra: { virtual: [greetings] } });
  const path = '/apis/hello.dev/v1/namespaces/n/greetings';
  const body = { apiVersion: 'hello.dev/v1', kind: 'Greeting', metadata: {}, spec: { tone: 'soft' } };
  const answered = await call(served.url, 'POST', path, body);
  assert.equal(answered.status, 201);
  assert.deepEqual(answered.body, {
    kind: 'Greeting',
    apiVersion: 'hello.dev/v1',
    metadata: { creationTimestamp: null },
    spec: { tone: 'soft' },
    status: { text: 'hello alice' },
  });
  assert.equal((await call(served.url, 'GET', path)).status, 405);
  assert.equal((await call(served.url, 'POST', path, { ...body, spec: { tone: 1 } })).status, 422);
  const [found] = (await call(served.url, 'GET', '/apis/hello.dev/v1')).body.resources;
  assert.deepEqual([found.name, found.verbs], ['greetings', ['create']]);
});
