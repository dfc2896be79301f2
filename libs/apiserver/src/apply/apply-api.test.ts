import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { serveWidgets, widget, widgets } from '../widgets-for-tests.ts';

const base = '/apis/example.dev/v1/widgets';

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any JSON
  body: any;
}

describe('managedFields over HTTP', () => {
  let served: Awaited<ReturnType<typeof serveWidgets>>;
  before(async () => {
    served = await serveWidgets();
  });
  after(() => served[Symbol.asyncDispose]());

  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(served.url + path, {
      method,
      headers: { authorization: 'Bearer admin', 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() } as Answer;
  }
  const merge = { 'content-type': 'application/merge-patch+json' };
  const owners = (answer: Answer): unknown =>
    answer.body.metadata.managedFields?.map((entry: Record<string, unknown>) => [
      entry['manager'],
      entry['operation'],
      entry['subresource'],
      entry['fieldsV1'],
    ]);

  test('tell who wrote what: the parameter, the user agent’s first word, the program itself', async () => {
    const made = await call('POST', base, widget('one', { size: 1, colour: 'red' }), { 'user-agent': 'tool/1.2 (x)' });
    assert.deepEqual(owners(made), [
      ['tool', 'Update', undefined, { 'f:spec': { '.': {}, 'f:colour': {}, 'f:size': {} } }],
    ]);
    await call('PATCH', `${base}/one?fieldManager=patcher`, { spec: { size: 2 } }, merge);
    await call('PUT', `${base}/one/status?fieldManager=tool`, {
      ...made.body,
      metadata: { name: 'one', resourceVersion: (await call('GET', `${base}/one`)).body.metadata.resourceVersion },
      status: { ready: true },
    });
    await served.api.registry.update(widgets, 'one', current => ({
      ...current,
      metadata: { ...current.metadata, labels: { a: 'b' } },
      secret: 'hidden',
    }));
    const read = await call('GET', `${base}/one`);
    const byName = new Map((owners(read) as unknown[][]).map(entry => [entry.slice(0, 3).join(), entry[3]]));
    assert.deepEqual(
      byName,
      new Map<string, unknown>([
        ['tool,Update,', { 'f:spec': { '.': {}, 'f:colour': {} } }],
        ['tool,Update,status', { 'f:status': { '.': {}, 'f:ready': {} } }],
        ['patcher,Update,', { 'f:spec': { 'f:size': {} } }],
        ['apiserver,Update,', { 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } } }],
      ]),
    );
    const same = await call('PATCH', `${base}/one?fieldManager=x`, { spec: { size: 2 } }, merge);
    assert.equal(same.body.metadata.resourceVersion, read.body.metadata.resourceVersion);
  });

  test('can be cleared by a client, and not lost by one that does not know them', async () => {
    const made = await call('POST', `${base}?fieldManager=m`, widget('two', { size: 1 }));
    const { managedFields: _, ...metadata } = made.body.metadata;
    const put = await call('PUT', `${base}/two?fieldManager=m`, { ...made.body, metadata, spec: { size: 2 } });
    assert.deepEqual(owners(put), owners(made));
    for (const managedFields of [[], [{ manager: 'x', operation: 'Bad' }], 'nonsense']) {
      const patched = await call('PATCH', `${base}/two`, { metadata: { managedFields } }, merge);
      assert.deepEqual([patched.status, owners(patched)], [200, owners(made)]);
    }
    const cleared = await call('PATCH', `${base}/two`, { metadata: { managedFields: [{}] } }, merge);
    assert.deepEqual([cleared.status, owners(cleared)], [200, undefined]);
    assert.equal((await call('GET', `${base}/two`)).body.metadata.managedFields, undefined);
  });
});

describe('server-side apply over HTTP', () => {
  let served: Awaited<ReturnType<typeof serveWidgets>>;
  before(async () => {
    served = await serveWidgets();
  });
  after(() => served[Symbol.asyncDispose]());

  async function call(method: string, path: string, body?: unknown, type = 'application/json', user = 'admin') {
    const response = await fetch(served.url + path, {
      method,
      headers: { authorization: `Bearer ${user}`, 'content-type': type },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() } as Answer;
  }
  const apply = (path: string, body: unknown, user?: string): Promise<Answer> =>
    call('PATCH', `${base}/${path}`, body, 'application/apply-patch+yaml', user);

  test('makes the object (201), changes it (200), and writes nothing where nothing changes', async () => {
    const yaml = 'apiVersion: example.dev/v1\nkind: Widget\nmetadata:\n  name: one\nspec:\n  size: 3 # three\n';
    const dry = await apply('one?fieldManager=ann&dryRun=All', yaml);
    assert.deepEqual([dry.status, (await call('GET', `${base}/one`)).status], [201, 404]);
    const made = await apply('one?fieldManager=ann', yaml);
    assert.deepEqual([made.status, made.body.spec, made.body.metadata.generation], [201, { size: 3 }, 1]);
    assert.match(made.body.metadata.managedFields[0].time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    await served.api.registry.update(widgets, 'one', current => ({ ...current, secret: 'kept' }));
    const more = await apply('one?fieldManager=ann', widget('one', { size: 3, colour: 'red' }));
    assert.deepEqual([more.status, more.body.spec], [200, { size: 3, colour: 'red' }]);
    assert.equal(served.api.registry.get(widgets, 'one').secret, 'kept');
    const same = await apply('one?fieldManager=ann', widget('one', { size: 3, colour: 'red' }));
    assert.deepEqual(same.body, more.body);
    const less = await apply('one?fieldManager=ann', widget('one', { colour: 'red' }));
    assert.deepEqual(less.body.spec, { colour: 'red' });
  });

  test('tells conflicts as kube-apiserver does, and takes what is forced', async () => {
    await apply('two?fieldManager=ann', widget('two', { size: 1, colour: 'red' }));
    const refused = await apply('two?fieldManager=bob', widget('two', { size: 2, colour: 'red' }));
    assert.deepEqual(refused, {
      status: 409,
      body: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Apply failed with 1 conflict: conflict with "ann": .spec.size',
        reason: 'Conflict',
        details: {
          causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "ann"', field: '.spec.size' }],
        },
        code: 409,
      },
    });
    const forced = await apply('two?fieldManager=bob&force=true', widget('two', { size: 2, colour: 'red' }));
    assert.equal(forced.body.spec.size, 2);
    const left = await apply('two?fieldManager=bob', widget('two', {}));
    assert.deepEqual(left.body.spec, { colour: 'red' });
  });

  test('of the status changes nothing else, and makes nothing', async () => {
    await apply('three?fieldManager=ann', widget('three', { size: 1 }));
    const status = { ...widget('three', { size: 9 }), status: { ready: true } };
    const ready = await apply('three/status?fieldManager=ann', status);
    assert.deepEqual([ready.body.spec, ready.body.status], [{ size: 1 }, { ready: true }]);
    const entry = ready.body.metadata.managedFields.at(-1);
    assert.deepEqual([entry.subresource, entry.fieldsV1], ['status', { 'f:status': { 'f:ready': {} } }]);
    assert.equal((await apply('none/status?fieldManager=ann', widget('none'))).status, 404);
    assert.equal((await call('GET', `${base}/none`)).status, 404);
  });

  test('of what cannot be applied says why', async () => {
    await apply('four?fieldManager=ann', widget('four', { size: 1 }));
    const m = 'four?fieldManager=ann';
    const named = (metadata: object): object => ({ ...widget('four'), metadata: { name: 'four', ...metadata } });
    const cases: [string, unknown, number, RegExp][] = [
      ['four', widget('four'), 422, /^PatchOptions\.meta\.k8s\.io "" is invalid: fieldManager: Required value: is req/],
      [m, 'a: [b', 400, /^error decoding YAML: yaml: /],
      [m, '3', 400, /^error decoding YAML: /],
      [m, '', 400, /^invalid object type: \/, Kind=$/],
      [m, { ...widget('four'), kind: 'Gadget' }, 400, /^invalid object type: example\.dev\/v1, Kind=Gadget$/],
      [m, widget('other'), 400, /^the name of the object \(other\) does not match the name on the URL \(four\)$/],
      [m, named({ managedFields: [] }), 400, /^metadata\.managedFields must be nil$/],
      [
        m,
        { ...widget('four'), spec: { sice: 1 } },
        400,
        /\(\/four; example\.dev\/v1, Kind=Widget\): \.spec\.sice: field not/,
      ],
      [m, { ...widget('four'), secret: 'x' }, 400, /: \.secret: field not declared in schema$/],
      [
        'four?fieldManager=b',
        { ...widget('four'), spec: { size: 'x' } },
        400,
        /: \.spec\.size: expected numeric .*, got string$/,
      ],
      [m, named({ labels: { a: 1 } }), 400, /: \.metadata\.labels\.a: expected string, got number$/],
      [m, { ...widget('four'), spec: [] }, 400, /: \.spec: expected map, got list$/],
      [m, { ...widget('four'), spec: { size: -1 } }, 422, /is invalid: spec\.size: /],
      [m, named({ resourceVersion: '1' }), 409, /the object has been modified/],
      ['new?fieldManager=a', { ...widget(''), metadata: {} }, 400, /\(new based on URL\) was undeterminable/],
      [
        'new?fieldManager=a',
        { ...widget('new'), metadata: { name: 'new', uid: '1' } },
        409,
        /uid mismatch: the provided/,
      ],
    ];
    for (const [path, body, status, message] of cases) {
      const answer = await apply(path, body);
      assert.equal(answer.status, status, `${path} ${JSON.stringify(body)}: ${answer.body.message}`);
      assert.match(answer.body.message, message);
    }
    const merge = await call('PATCH', `${base}/four?force=true`, {}, 'application/merge-patch+json');
    assert.equal(
      merge.body.message,
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    );
  });

  test('makes nothing for who may only patch', async () => {
    const refused = await apply('five?fieldManager=a', widget('five'), 'patcher');
    assert.equal(refused.status, 403);
    assert.match(refused.body.message, /User "patcher" cannot create resource "widgets"/);
    await apply('five?fieldManager=a', widget('five'));
    assert.equal((await apply('five?fieldManager=a', widget('five', { size: 1 }), 'patcher')).status, 200);
  });

  test('at once by several managers keeps what each applied', async () => {
    const managers = Array.from({ length: 8 }, (_, index) => `m${index}`);
    const done = await Promise.all(
      managers.map(manager =>
        apply(`six?fieldManager=${manager}`, {
          ...widget('six'),
          metadata: { name: 'six', labels: { [manager]: 'x' } },
        }),
      ),
    );
    assert.equal(done.filter(({ status }) => status === 201).length, 1);
    const { labels, managedFields } = (await call('GET', `${base}/six`)).body.metadata;
    assert.deepEqual([Object.keys(labels).sort(), managedFields.length], [managers, 8]);
  });
});
