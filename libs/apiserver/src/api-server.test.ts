import assert from 'node:assert/strict';
import { connect } from 'node:http2';
import { after, before, describe, test } from 'node:test';
import { maxBodyBytes } from './index.ts';
import { gadgets, serveWidgets, unluckySize, widget, widgets } from './widgets-for-tests.ts';

const base = '/apis/example.dev/v1/widgets';

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any JSON
  body: any;
}

describe('the API of widgets', () => {
  let served: Awaited<ReturnType<typeof serveWidgets>>;
  before(async () => {
    served = await serveWidgets();
  });
  after(() => served[Symbol.asyncDispose]());

  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(served.url + path, {
      method,
      headers: {
        authorization: 'Bearer admin',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }
  const patch = (path: string, type: string, body: unknown): Promise<Answer> =>
    call('PATCH', path, body, { 'content-type': type });

  test('create gives uid, resourceVersion, generation and time, and reads see it at once', async () => {
    const made = await call('POST', base, widget('one', { size: 1 }));
    assert.equal(made.status, 201);
    assert.match(made.body.metadata.uid, /^[0-9a-f-]{36}$/);
    assert.match(made.body.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(made.body.metadata.generation, 1);
    assert.deepEqual((await call('GET', `${base}/one`)).body, made.body);
    const again = await call('POST', base, widget('one'));
    assert.deepEqual([again.status, again.body.reason], [409, 'AlreadyExists']);
    assert.equal(again.body.message, 'widgets.example.dev "one" already exists');
  });

  test('generateName makes a name', async () => {
    const made = await call('POST', base, { ...widget(''), metadata: { generateName: 'gen-' } });
    assert.match(made.body.metadata.name, /^gen-[a-z0-9]{5}$/);
    assert.equal((await call('POST', base, widget(''))).status, 422);
  });

  test('update takes the newest resourceVersion only, and keeps status, uid and what is hidden', async () => {
    const made = await call('POST', base, widget('two', { size: 1 }));
    await served.api.registry.update(widgets, 'two', current => ({ ...current, secret: 'kept' }));
    assert.equal((await call('PUT', `${base}/two`, made.body)).status, 409);
    const now = (await call('GET', `${base}/two`)).body;
    assert.equal(now.secret, undefined);
    const put = await call('PUT', `${base}/two`, {
      ...now,
      spec: { size: 2 },
      status: { ready: true },
      secret: 'mine',
    });
    assert.equal(put.status, 200);
    assert.deepEqual([put.body.spec.size, put.body.status, put.body.metadata.generation], [2, undefined, 2]);
    assert.equal(served.api.registry.get(widgets, 'two').secret, 'kept');
    const { resourceVersion: _, ...metadata } = put.body.metadata;
    assert.equal((await call('PUT', `${base}/two`, { ...put.body, metadata })).status, 422);
  });

  test('the status subresource changes status and nothing else', async () => {
    const made = await call('POST', base, widget('three', { size: 1 }));
    const put = await call('PUT', `${base}/three/status`, { ...made.body, spec: { size: 9 }, status: { ready: true } });
    assert.deepEqual([put.body.spec.size, put.body.status.ready, put.body.metadata.generation], [1, true, 1]);
  });

  test('merge patch and JSON patch; others are told what is taken', async () => {
    await call('POST', base, widget('four', { size: 1, colour: 'red' }));
    const merged = await patch(`${base}/four`, 'application/merge-patch+json', { spec: { colour: null, size: 3 } });
    assert.deepEqual(merged.body.spec, { size: 3 });
    const operations = [{ op: 'replace', path: '/spec/size', value: 4 }];
    assert.equal((await patch(`${base}/four`, 'application/json-patch+json', operations)).body.spec.size, 4);
    const hidden = [{ op: 'add', path: '/secret', value: 'x' }];
    await patch(`${base}/four`, 'application/json-patch+json', hidden);
    assert.equal(served.api.registry.get(widgets, 'four').secret, undefined);
    const bad = await patch(`${base}/four`, 'application/json-patch+json', [{ op: 'remove', path: '/spec/none' }]);
    assert.equal(bad.status, 422);
    const strategic = await patch(`${base}/four`, 'application/strategic-merge-patch+json', {});
    assert.equal(strategic.status, 415);
    assert.match(strategic.body.message, /application\/merge-patch\+json/);
  });

  test('a change that changes nothing writes nothing', async () => {
    const made = await call('POST', base, widget('still'));
    const same = await patch(`${base}/still`, 'application/merge-patch+json', { spec: {} });
    assert.equal(same.body.metadata.resourceVersion, made.body.metadata.resourceVersion);
  });

  test('patches made at once are all kept', async () => {
    await call('POST', base, widget('busy'));
    const labels = Array.from({ length: 8 }, (_, index) => `l${index}`);
    const done = await Promise.all(
      labels.map(label =>
        patch(`${base}/busy`, 'application/merge-patch+json', { metadata: { labels: { [label]: 'x' } } }),
      ),
    );
    assert.deepEqual(new Set(done.map(answer => answer.status)), new Set([200]));
    assert.deepEqual(Object.keys((await call('GET', `${base}/busy`)).body.metadata.labels).sort(), labels);
  });

  test('delete minds its preconditions', async () => {
    const made = await call('POST', base, widget('five'));
    const wrong = await call('DELETE', `${base}/five`, { preconditions: { uid: 'other' } });
    assert.deepEqual([wrong.status, wrong.body.reason], [409, 'Conflict']);
    const gone = await call('DELETE', `${base}/five`, { preconditions: { uid: made.body.metadata.uid } });
    assert.deepEqual([gone.body.status, gone.body.details.uid], ['Success', made.body.metadata.uid]);
    const missing = await call('GET', `${base}/five`);
    assert.deepEqual([missing.status, missing.body.reason], [404, 'NotFound']);
    assert.equal(missing.body.message, 'widgets.example.dev "five" not found');
    assert.deepEqual(missing.body.details, { name: 'five', group: 'example.dev', kind: 'widgets' });
  });

  test('dry runs check everything and write nothing', async () => {
    const before = served.api.registry.revision;
    assert.equal((await call('POST', `${base}?dryRun=All`, widget('dry'))).status, 201);
    assert.equal((await call('DELETE', `${base}/one`, { dryRun: ['All'] })).status, 200);
    assert.equal((await call('POST', `${base}?dryRun=All`, widget('dry', { size: -1 }))).status, 422);
    assert.equal(served.api.registry.revision, before);
  });

  test('selectors choose', async () => {
    await call('POST', base, widget('s1', {}, { tier: 'a', zone: 'x' }));
    await call('POST', base, widget('s2', {}, { tier: 'b' }));
    const names = async (query: string): Promise<string[]> =>
      (await call('GET', `${base}?${query}`)).body.items.map(
        (item: { metadata: { name: string } }) => item.metadata.name,
      );
    assert.deepEqual(await names('labelSelector=tier%3Da'), ['s1']);
    assert.deepEqual(await names('labelSelector=tier%20in%20(a,b),!zone'), ['s2']);
    assert.deepEqual(await names('labelSelector=tier,zone%20notin%20(x)'), ['s2']);
    assert.deepEqual(await names('labelSelector=tier,tier!%3Da'), ['s2']);
    assert.deepEqual(await names('fieldSelector=metadata.name%3Ds2'), ['s2']);
    assert.equal((await call('GET', `${base}?labelSelector=%3D%3D`)).status, 400);
    assert.equal((await call('GET', `${base}?fieldSelector=spec.size%3D1`)).status, 400);
  });

  test('what the schema does not allow is told field by field', async () => {
    const wrong = await call('POST', base, widget('bad', { size: -1, colour: 'green' }));
    assert.deepEqual([wrong.status, wrong.body.reason], [422, 'Invalid']);
    assert.match(
      wrong.body.message,
      /^Widget\.example\.dev "bad" is invalid: \[spec\.size: .*spec\.colour: Unsupported value/,
    );
    assert.equal(wrong.body.details.causes.length, 2);
    assert.equal(
      (await call('POST', base, widget('bad', { size: unluckySize }))).body.details.causes[0].reason,
      'FieldValueForbidden',
    );
    assert.equal((await call('POST', base, widget('Bad_Name'))).status, 422);
    const typo = { ...widget('typo'), spec: { sice: 1 } };
    const strict = await call('POST', `${base}?fieldValidation=Strict`, typo);
    assert.deepEqual(
      [strict.status, strict.body.message],
      [400, 'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.sice"'],
    );
    const warned = await call('POST', base, typo);
    assert.deepEqual([warned.status, warned.body.spec], [201, {}]);
    assert.match(warned.headers.get('warning') ?? '', /^299 - "unknown field/);
    assert.equal((await call('POST', base, { ...widget('x'), kind: 'Gadget' })).status, 422);
    assert.equal((await call('POST', base, 'not json')).status, 400);
    assert.equal((await call('POST', base, 'a: b', { 'content-type': 'text/plain' })).status, 415);
  });

  test('a body above the limit is refused', async () => {
    const huge = await call('POST', base, ' '.repeat(maxBodyBytes + 1));
    assert.deepEqual([huge.status, huge.body.reason], [413, 'RequestEntityTooLarge']);
  });

  test('a table has the columns, and metadata alone is metadata alone', async () => {
    await call('POST', base, widget('row', { size: 5 }));
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const table = (await call('GET', `${base}/row`, undefined, { accept })).body;
    assert.equal(table.kind, 'Table');
    assert.deepEqual(
      table.columnDefinitions.map((column: { name: string }) => column.name),
      ['Name', 'Size', 'Age'],
    );
    assert.deepEqual(table.rows[0].cells.slice(0, 2), ['row', '5']);
    assert.equal(table.rows[0].object.kind, 'PartialObjectMetadata');
    const partial = { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' };
    const list = (await call('GET', base, undefined, partial)).body;
    assert.deepEqual([list.kind, list.items[0].spec], ['PartialObjectMetadataList', undefined]);
    assert.equal((await call('GET', base, undefined, { accept: 'text/html' })).status, 406);
  });

  test('who is not known or not allowed learns so, and what does not exist for a caller is not found', async () => {
    const nobody = await call('GET', base, undefined, { authorization: '' });
    assert.deepEqual([nobody.status, nobody.body.reason], [401, 'Unauthorized']);
    const guest = { authorization: 'Bearer guest' };
    const denied = await call('DELETE', `${base}/one`, undefined, guest);
    assert.equal(denied.status, 403);
    assert.equal(
      denied.body.message,
      'widgets.example.dev "one" is forbidden: User "guest" cannot delete resource "widgets" in API group "example.dev" at the cluster scope',
    );
    const reds = { authorization: 'Bearer reds' };
    await call('POST', base, widget('crimson', {}, { colour: 'red' }));
    assert.deepEqual(
      (await call('GET', base, undefined, reds)).body.items.map(
        (item: { metadata: { name: string } }) => item.metadata.name,
      ),
      ['crimson'],
    );
    for (const method of ['GET', 'DELETE'])
      assert.equal((await call(method, `${base}/one`, undefined, reds)).status, 404);
  });

  test('namespaces keep objects apart', async () => {
    const gadget = { apiVersion: 'example.dev/v1', kind: 'Gadget', metadata: { name: 'g' }, data: { a: 'b' } };
    for (const namespace of ['left', 'right']) {
      assert.equal((await call('POST', `/apis/example.dev/v1/namespaces/${namespace}/gadgets`, gadget)).status, 201);
    }
    assert.equal((await call('GET', '/apis/example.dev/v1/gadgets')).body.items.length, 2);
    const left = await call('GET', '/apis/example.dev/v1/namespaces/left/gadgets');
    assert.deepEqual(
      left.body.items.map((item: { metadata: { namespace: string } }) => item.metadata.namespace),
      ['left'],
    );
    assert.equal((await call('PUT', '/apis/example.dev/v1/namespaces/left/gadgets/g', gadget)).status, 405);
    assert.equal(served.api.registry.list(gadgets, 'right').length, 1);
  });

  test('discovery, version and OpenAPI', async () => {
    assert.equal((await call('GET', '/apis')).body.groups[0].name, 'example.dev');
    assert.equal((await call('GET', '/apis/example.dev')).body.preferredVersion.groupVersion, 'example.dev/v1');
    const { resources } = (await call('GET', '/apis/example.dev/v1')).body;
    assert.deepEqual(
      resources.map((one: { name: string }) => one.name),
      ['widgets', 'widgets/status', 'gadgets'],
    );
    assert.equal((await call('GET', '/version', undefined, { authorization: '' })).body.gitVersion, 'v1.32.0');
    const path = (await call('GET', '/openapi/v3')).body.paths['apis/example.dev/v1'].serverRelativeURL;
    assert.ok((await call('GET', path)).body.components.schemas['dev.example.v1.Widget']);
    assert.equal((await call('GET', '/apis/example.dev/v1/nothings')).status, 404);
    assert.equal((await call('GET', '/nothing')).body.message, 'the server could not find the requested resource');
    assert.equal((await call('POST', '/apis')).status, 405);
  });
});

test('the same handler serves HTTP/2', async () => {
  await using served = await serveWidgets({ http2: true });
  const session = connect(served.url);
  const call = (method: string, path: string, body?: object): Promise<{ status: unknown; text: string }> =>
    new Promise((resolve, reject) => {
      const stream = session.request({
        ':method': method,
        ':path': path,
        authorization: 'Bearer admin',
        'content-type': 'application/json',
      });
      let status: unknown;
      let text = '';
      stream.setEncoding('utf8');
      stream.on('response', headers => {
        status = headers[':status'];
      });
      stream.on('data', chunk => {
        text += chunk;
        // A watch's first line is all that is wanted of it.
        if (text.endsWith('\n')) resolve({ status, text });
      });
      stream.on('error', reject);
      stream.end(body === undefined ? undefined : JSON.stringify(body));
    });
  assert.equal((await call('POST', base, widget('h2'))).status, 201);
  const watched = await call('GET', `${base}?watch=true`);
  assert.equal(JSON.parse(watched.text).object.metadata.name, 'h2');
  assert.equal((await call('GET', `${base}/none`)).status, 404);
  assert.equal((await call('DELETE', `${base}/h2`)).status, 200);
  session.destroy();
});
