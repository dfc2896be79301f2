import assert from 'node:assert/strict';
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { ManualClock } from '@drover/async';
import { windowEvents } from './index.ts';
import { serveWidgets, type Widget, widgets } from './widgets-for-tests.ts';

const base = '/apis/example.dev/v1/widgets';

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  bytes: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any JSON
  body: any;
}

/** By node:http, since fetch would hide what is compressed. */
async function get(url: string, query = '', headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    const asked = { method, agent: false as const, headers: { authorization: 'Bearer admin', ...headers } };
    request(`${url}${base}${query}`, asked, resolve).on('error', reject).end();
  });
  const bytes = await buffer(response);
  const plain = response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
  const body = plain.length === 0 ? undefined : JSON.parse(plain.toString());
  return { status: response.statusCode ?? 0, headers: response.headers, bytes, body };
}

const draft = (name: string, labels: Record<string, string> = {}, spec: Widget['spec'] = {}): Widget => ({
  apiVersion: 'example.dev/v1',
  kind: 'Widget',
  metadata: { name, uid: '', resourceVersion: '', creationTimestamp: '', labels },
  spec,
});
const resize =
  (size: number) =>
  (current: Widget): Widget => ({ ...current, spec: { size } });
const namesOf = (list: { items: { metadata: { name: string } }[] }): string =>
  list.items.map(item => item.metadata.name).join(' ');

async function serveFive(options: Parameters<typeof serveWidgets>[0] = {}) {
  const served = await serveWidgets(options);
  for (const name of ['c', 'a', 'e', 'b', 'd']) await served.api.registry.create(widgets, draft(name, { tier: name }));
  return served;
}

describe('pages', () => {
  test('a list in pages is of one revision, whatever happens meanwhile', async () => {
    await using served = await serveFive();
    const { registry } = served.api;
    const first = await get(served.url, '?limit=2');
    assert.equal(namesOf(first.body), 'a b');
    assert.deepEqual([first.body.metadata.remainingItemCount, first.body.metadata.resourceVersion], [3, '5']);
    await registry.create(widgets, draft('bb'));
    await registry.update(widgets, 'c', resize(3));
    await registry.delete(widgets, 'e');
    const second = await get(served.url, `?limit=2&continue=${first.body.metadata.continue}`);
    assert.equal(namesOf(second.body), 'c d');
    assert.deepEqual(
      [second.body.items[0].spec.size, second.body.metadata.resourceVersion, second.body.metadata.remainingItemCount],
      [undefined, '5', 1],
    );
    const third = await get(served.url, `?limit=2&continue=${second.body.metadata.continue}`);
    assert.equal(namesOf(third.body), 'e');
    assert.deepEqual(third.body.metadata, { continue: '', resourceVersion: '5' });
  });

  test('with a selection it is not told how many are left', async () => {
    await using served = await serveFive();
    const first = await get(served.url, '?limit=1&labelSelector=tier%20in%20(b,d)');
    assert.equal(namesOf(first.body), 'b');
    assert.equal(first.body.metadata.remainingItemCount, undefined);
    const last = await get(
      served.url,
      `?limit=1&labelSelector=tier%20in%20(b,d)&continue=${first.body.metadata.continue}`,
    );
    assert.deepEqual([namesOf(last.body), last.body.metadata.continue], ['d', '']);
  });

  test('a page that came too late is gone, with a token that goes on with what there is', async () => {
    await using served = await serveFive();
    const first = await get(served.url, '?limit=2');
    for (let size = 0; size < windowEvents + 1; size++) await served.api.registry.update(widgets, 'd', resize(size));
    const late = await get(served.url, `?limit=2&continue=${first.body.metadata.continue}`);
    assert.deepEqual([late.status, late.body.reason], [410, 'Expired']);
    assert.match(late.body.message, /^The provided continue parameter is too old/);
    const rest = await get(served.url, `?continue=${late.body.metadata.continue}`);
    assert.deepEqual([namesOf(rest.body), rest.body.items[1].spec.size], ['c d e', windowEvents]);
    assert.equal(rest.body.metadata.resourceVersion, String(served.api.registry.revision));
  });

  test('at resourceVersion 0 there are no pages, and tables have them', async () => {
    await using served = await serveFive();
    assert.equal(namesOf((await get(served.url, '?limit=2&resourceVersion=0')).body), 'a b c d e');
    const table = await get(served.url, '?limit=2', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    assert.equal(table.body.rows.length, 2);
    assert.equal(table.body.metadata.remainingItemCount, 3);
    const partial = await get(served.url, `?continue=${table.body.metadata.continue}`, {
      accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
    });
    assert.deepEqual([namesOf(partial.body), partial.body.items[0].kind], ['c d e', 'PartialObjectMetadata']);
  });

  test('a bad token is a bad request', async () => {
    await using served = await serveFive();
    const encoded = (token: object): string => Buffer.from(JSON.stringify(token)).toString('base64url');
    for (const token of ['abc', '%00', encoded({ v: 'v2' }), encoded({ v: 'meta.k8s.io/v1', rv: 0, start: 'a' })]) {
      const answer = await get(served.url, `?continue=${token}`);
      assert.equal(answer.status, 400, token);
      assert.match(answer.body.message, /^invalid continue token: continue key is not valid: /);
    }
    const good = encoded({ v: 'meta.k8s.io/v1', rv: 5, start: 'a\0' });
    assert.equal(namesOf((await get(served.url, `?continue=${good}`)).body), 'b c d e');
    assert.equal((await get(served.url, `?continue=${good}&resourceVersion=5`)).status, 400);
    assert.equal((await get(served.url, '?limit=abc')).status, 400);
  });
});

describe('resourceVersion', () => {
  test('Exact is as it was, and gone when that is too long ago', async () => {
    await using served = await serveFive();
    await served.api.registry.delete(widgets, 'a');
    assert.equal(namesOf((await get(served.url, '?resourceVersion=3&resourceVersionMatch=Exact')).body), 'a c e');
    assert.equal(
      namesOf((await get(served.url, '?resourceVersion=3&resourceVersionMatch=NotOlderThan')).body),
      'b c d e',
    );
    for (let size = 0; size < windowEvents + 1; size++) await served.api.registry.update(widgets, 'd', resize(size));
    assert.equal((await get(served.url, '?resourceVersion=3&resourceVersionMatch=Exact')).status, 410);
  });

  test('a list waits for the resourceVersion that it is asked for', async () => {
    await using served = await serveFive();
    const waiting = get(served.url, '?resourceVersion=6');
    await served.api.registry.create(widgets, draft('f'));
    assert.equal(namesOf((await waiting).body), 'a b c d e f');
  });

  test('one that does not come is told with when to try again', async () => {
    const clock = new ManualClock();
    await using served = await serveFive({ clock });
    for (const query of ['?resourceVersion=99', '/a?resourceVersion=99']) {
      const waiting = get(served.url, query);
      while (clock.pending === 0) await new Promise(resolve => setImmediate(resolve));
      clock.advance(3_000);
      const { status, body, headers } = await waiting;
      assert.deepEqual([status, body.reason, headers['retry-after']], [504, 'Timeout', '1']);
      assert.equal(body.message, 'Timeout: Too large resource version: 99, current: 5');
      const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
      assert.deepEqual(body.details, { causes, retryAfterSeconds: 1 });
    }
  });

  test('what does not go together is told in the words of kube-apiserver', async () => {
    await using served = await serveFive();
    const cases: [string, string][] = [
      ['resourceVersionMatch=Exact', 'resourceVersionMatch is forbidden unless resourceVersion is provided'],
      [
        'resourceVersionMatch=Exact&resourceVersion=0',
        'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
      ],
      ['sendInitialEvents=true', 'sendInitialEvents is forbidden for list'],
      ['watch=1&sendInitialEvents=true', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'],
      [
        'watch=1&resourceVersionMatch=NotOlderThan',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ],
    ];
    for (const [query, why] of cases) {
      const { status, body } = await get(served.url, `?${query}`);
      assert.equal(status, 422, query);
      assert.match(body.message, /^ListOptions\.meta\.k8s\.io "" is invalid: /);
      assert.deepEqual(
        [body.details.causes[0].reason, body.details.causes[0].message],
        ['FieldValueForbidden', `Forbidden: ${why}`],
      );
      assert.deepEqual(
        [body.details.group, body.details.kind, body.details.name],
        ['meta.k8s.io', 'ListOptions', undefined],
      );
    }
    const unknown = await get(served.url, '?resourceVersion=1&resourceVersionMatch=Foo');
    assert.match(unknown.body.message, /: Unsupported value: "Foo": supported values: "Exact", "NotOlderThan", ""$/);
    assert.equal((await get(served.url, '?resourceVersion=abc')).status, 400);
  });
});

describe('answers', () => {
  test('HEAD answers as GET does, without the body', async () => {
    await using served = await serveFive();
    for (const query of ['/a', '', '/none']) {
      const [head, whole] = [await get(served.url, query, {}, 'HEAD'), await get(served.url, query)];
      assert.deepEqual([head.status, head.bytes.length], [whole.status, 0]);
      assert.equal(head.headers['content-length'], whole.headers['content-length']);
    }
  });

  test('a long list is compressed for who asks for that, and a short one is not', async () => {
    await using served = await serveFive();
    assert.equal((await get(served.url, '', { 'accept-encoding': 'gzip' })).headers['content-encoding'], undefined);
    const annotations = { long: 'x'.repeat(200_000) };
    const long = draft('long');
    await served.api.registry.create(widgets, { ...long, metadata: { ...long.metadata, annotations } });
    const plain = await get(served.url, '');
    assert.equal(plain.headers['content-encoding'], undefined);
    for (const query of ['', '?limit=100', '']) {
      const packed = await get(served.url, query, { 'accept-encoding': 'deflate, gzip' });
      assert.equal(packed.headers['content-encoding'], 'gzip');
      assert.ok(packed.bytes.length < 10_000);
      assert.deepEqual(packed.body, plain.body);
    }
  });

  test('a whole list is kept until something changes, and never shown to who may not see all of it', async () => {
    await using served = await serveFive();
    await served.api.registry.create(widgets, draft('crimson', { colour: 'red' }));
    assert.equal(namesOf((await get(served.url)).body), 'a b c crimson d e');
    assert.equal(namesOf((await get(served.url, '', { authorization: 'Bearer reds' })).body), 'crimson');
    await served.api.registry.delete(widgets, 'b');
    assert.equal(namesOf((await get(served.url)).body), 'a c crimson d e');
  });

  test('of several accepted forms the first that there is; watch=true of one object is a get', async () => {
    await using served = await serveFive();
    const accept =
      'application/yaml, application/json;as=Foo;v=v1;g=meta.k8s.io, application/json;as=Table;v=v1;g=meta.k8s.io, */*';
    assert.equal((await get(served.url, '', { accept })).body.kind, 'Table');
    const none = await get(served.url, '', { accept: 'application/vnd.kubernetes.protobuf' });
    assert.deepEqual([none.status, none.body.reason], [406, 'NotAcceptable']);
    const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    assert.equal((await get(served.url, '?includeObject=Foo', table)).status, 400);
    assert.equal((await get(served.url, '?includeObject=Object', table)).body.rows[0].object.kind, 'Widget');
    assert.equal((await get(served.url, '/a?watch=true')).body.kind, 'Widget');
  });
});
