import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { serveWidgets, widget } from './widgets-for-tests.ts';

const base = '/apis/example.dev/v1/widgets';
const merge = 'application/merge-patch+json';

// biome-ignore lint/suspicious/noExplicitAny: a test reads any JSON
type Answer = { status: number; warning: string; body: any };

/** Every expectation was seen on a kube-apiserver that holds the same resources, unless a comment says otherwise. */
describe('writes', () => {
  let served: Awaited<ReturnType<typeof serveWidgets>>;
  before(async () => {
    served = await serveWidgets();
  });
  after(() => served[Symbol.asyncDispose]());

  async function call(method: string, path: string, body?: unknown, type = 'application/json'): Promise<Answer> {
    const response = await fetch(served.url + path, {
      method,
      headers: { authorization: 'Bearer admin', ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return {
      status: response.status,
      warning: response.headers.get('warning') ?? '',
      body: await response.json(),
    };
  }
  const made = (name: string, metadata: object = {}): Promise<Answer> =>
    call('POST', base, { ...widget(name), metadata: { name, ...metadata } });
  const patch = (name: string, body: unknown): Promise<Answer> => call('PATCH', `${base}/${name}`, body, merge);

  /** Status, reason and message at once. */
  const said = ({ status, body }: Answer): unknown[] => [status, body.reason, body.message];

  test('an object with finalizers goes with the last of them', async () => {
    await made('held', { finalizers: ['example.dev/a', 'example.dev/b'] });
    const dry = await call('DELETE', `${base}/held?dryRun=All`);
    assert.equal(dry.body.metadata.deletionGracePeriodSeconds, 0);
    assert.equal((await call('GET', `${base}/held`)).body.metadata.deletionTimestamp, undefined);
    const marked = await call('DELETE', `${base}/held`);
    assert.equal(marked.body.kind, 'Widget');
    assert.match(marked.body.metadata.deletionTimestamp, /Z$/);
    assert.deepEqual([marked.body.metadata.generation, marked.body.metadata.deletionGracePeriodSeconds], [2, 0]);
    const again = await call('DELETE', `${base}/held`);
    assert.deepEqual(again.body, marked.body);
    assert.deepEqual(said(await patch('held', { metadata: { finalizers: ['example.dev/a', 'example.dev/c'] } })), [
      422,
      'Invalid',
      'Widget.example.dev "held" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.dev/c"}',
    ]);
    const changed = await patch('held', { spec: { size: 4 }, metadata: { deletionTimestamp: null } });
    assert.deepEqual(
      [changed.status, changed.body.spec.size, changed.body.metadata.deletionTimestamp],
      [200, 4, marked.body.metadata.deletionTimestamp],
    );
    assert.equal((await patch('held', { metadata: { finalizers: ['example.dev/b'] } })).status, 200);
    const last = await patch('held', { metadata: { finalizers: null } });
    assert.deepEqual([last.status, last.body.metadata.finalizers], [200, undefined]);
    assert.equal((await call('GET', `${base}/held`)).status, 404);
  });

  test('the propagation that a deletion asks for is a finalizer', async () => {
    for (const [propagationPolicy, finalizers] of [
      ['Orphan', ['example.dev/x', 'orphan']],
      ['Foreground', ['example.dev/x', 'foregroundDeletion']],
      ['Background', ['example.dev/x']],
    ] as const) {
      await made('p', { finalizers: ['example.dev/x'] });
      assert.deepEqual((await call('DELETE', `${base}/p`, { propagationPolicy })).body.metadata.finalizers, finalizers);
      await patch('p', { metadata: { finalizers: null } });
    }
    await made('p2', { finalizers: ['example.dev/x'] });
    assert.equal((await call('DELETE', `${base}/p2`, { orphanDependents: false })).status, 202);
    const gone = await made('p3').then(() => call('DELETE', `${base}/p3`, { propagationPolicy: 'Background' }));
    assert.equal(gone.body.kind, 'Status');
  });

  test('options of a deletion: body, parameters, YAML; wrong ones are told', async () => {
    const { uid, resourceVersion } = (await made('options')).body.metadata;
    const message = async (body: unknown, query = ''): Promise<unknown[]> =>
      said(await call('DELETE', `${base}/options${query}`, body)).slice(0, 3);
    const kinds = 'supported values: "Foreground", "Background", "Orphan", "nil"';
    assert.deepEqual(await message({ propagationPolicy: 'Foo' }), [
      422,
      'Invalid',
      `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Foo": ${kinds}`,
    ]);
    assert.deepEqual((await message(undefined, '?propagationPolicy=Foo'))[0], 422);
    assert.match(
      String((await message({ propagationPolicy: 'Orphan', orphanDependents: true }))[2]),
      /propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set$/,
    );
    assert.equal((await message({ dryRun: ['Some'] }))[0], 422);
    assert.deepEqual(await message({ preconditions: { uid: 'other' } }), [
      409,
      'Conflict',
      `Operation cannot be fulfilled on Widget.example.dev "options": the UID in the precondition (other) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    ]);
    assert.equal((await message({ preconditions: { resourceVersion: '1' } }))[0], 409);
    // kube-apiserver 1.20 answers 500 to these.
    for (const body of ['{', [], { kind: 'Widget', apiVersion: 'example.dev/v1' }, { gracePeriodSeconds: 'x' }]) {
      assert.equal((await message(body))[0], 400);
    }
    assert.equal((await call('DELETE', `${base}/options`, 'dryRun: [All]', 'application/yaml')).status, 200);
    assert.equal((await call('DELETE', `${base}/options`, '{}', 'text/plain')).status, 415);
    assert.equal((await call('GET', `${base}/options`)).body.metadata.resourceVersion, resourceVersion);
    assert.equal((await call('DELETE', `${base}/options`, { kind: 'DeleteOptions', apiVersion: 'v1' })).status, 200);
  });

  test('metadata is checked in kube-apiserver’s words', async () => {
    const mistakes = async (metadata: object): Promise<string[]> =>
      (await made('checked', metadata)).body.details.causes.map(
        ({ field, message }: { field: string; message: string }) => `${field}: ${message}`,
      );
    const qualified =
      "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    assert.deepEqual(await mistakes({ labels: { 'a b': '-' } }), [
      `metadata.labels: Invalid value: "a b": name part ${qualified}`,
      'metadata.labels: Invalid value: "-": a valid label must be an empty string or consist of alphanumeric characters, ' +
        "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ]);
    assert.deepEqual(await mistakes({ annotations: { '/n': '' } }), [
      'metadata.annotations: Invalid value: "/n": prefix part must be non-empty',
    ]);
    assert.deepEqual(await mistakes({ finalizers: ['orphan', 'foregroundDeletion'] }), [
      'metadata.finalizers: Invalid value: []string{"orphan", "foregroundDeletion"}: finalizer orphan and foregroundDeletion cannot be both set',
    ]);
    assert.deepEqual(await mistakes({ ownerReferences: [{}] }), [
      'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
      'metadata.ownerReferences.kind: Invalid value: "": kind must not be empty',
      'metadata.ownerReferences.name: Invalid value: "": name must not be empty',
      'metadata.ownerReferences.uid: Invalid value: "": uid must not be empty',
    ]);
    const owner = (name: string): object => ({ apiVersion: 'v1', kind: 'A', name, uid: name, controller: true });
    assert.match(
      (await mistakes({ ownerReferences: [owner('x'), owner('y')] })).join(),
      /Only one reference can have Controller set to true. Found "true" in references for A\/x and A\/y$/,
    );
    assert.equal((await made('x', { labels: { a: 1 } })).status, 400);
  });

  test('what is twice in a body is an error or a warning, and what is only advised against is a warning', async () => {
    const text = (name: string): string =>
      `{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"${name}"},"spec":{"size":1,"tags":["{\\"a\\""],"size":2}}`;
    assert.deepEqual(said(await call('POST', `${base}?fieldValidation=Strict`, text('twice'))), [
      400,
      'BadRequest',
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: duplicate field "spec.size"',
    ]);
    const warned = await call('POST', base, text('twice'));
    assert.deepEqual([warned.body.spec.size, warned.warning], [2, '299 - "duplicate field \\"spec.size\\""']);
    assert.equal((await call('POST', `${base}?fieldValidation=Ignore`, text('twice2'))).warning, '');
    const yaml = 'apiVersion: example.dev/v1\nkind: Widget\nmetadata: {name: yaml}\nspec:\n  size: 1\n  size: 0x10\n';
    const strict = await call('POST', `${base}?fieldValidation=Strict`, yaml, 'application/yaml');
    assert.match(strict.body.message, /yaml: unmarshal errors:\n {2}line 6: key "size" already set in map$/);
    assert.equal((await call('POST', base, yaml, 'application/yaml')).body.spec.size, 16);
    assert.match((await made('warned', { finalizers: ['short'] })).warning, /prefer a domain-qualified finalizer name/);
    const patched = await call('PATCH', `${base}/yaml?fieldValidation=Strict`, { spec: { sice: 1 } }, merge);
    assert.deepEqual([patched.status, patched.body.details.causes[0].field], [422, 'patch']);
    assert.match(patched.body.message, /^ "" is invalid: patch: .*strict decoding error: unknown field \\?"spec.sice/);
  });

  test('a body that is no object is told as what it is', async () => {
    const unrecognised = 'the object provided is unrecognized (must be of type Widget): ';
    for (const [body, message] of [
      ['', "couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)"],
      ['{"a":', `couldn't get version/kind; json parse error: unexpected end of JSON input ({"a":)`],
    ] as const) {
      assert.deepEqual(said(await call('POST', base, body)), [400, 'BadRequest', unrecognised + message]);
    }
    assert.equal((await call('POST', base, '['.repeat(100_000) + ']'.repeat(100_000))).status, 400);
    assert.equal((await call('POST', base, 'a: &a [x]\nb: [*a'.padEnd(40), 'application/yaml')).status, 400);
    const bomb = ['a: &a0 [x, x]', ...Array.from({ length: 30 }, (_, n) => `b${n}: &a${n + 1} [*a${n}, *a${n}]`)];
    assert.equal((await call('POST', base, bomb.join('\n'), 'application/yaml')).status, 400);
    assert.deepEqual(said(await call('POST', base, { ...widget('k'), kind: 'Gadget' })), [
      422,
      'Invalid',
      'Gadget.example.dev "k" is invalid: kind: Invalid value: "Gadget": must be Widget',
    ]);
    assert.deepEqual(said(await call('POST', base, { ...widget('k'), apiVersion: 'example.dev/v2' })), [
      400,
      'BadRequest',
      'the API version in the data (example.dev/v2) does not match the expected API version (example.dev/v1)',
    ]);
  });

  test('an update names the object of its URL, its version, and cannot change what is fixed', async () => {
    const { body } = await made('fixed');
    const put = async (metadata: object): Promise<unknown[]> =>
      said(await call('PUT', `${base}/fixed`, { ...body, metadata: { ...body.metadata, ...metadata } }));
    assert.deepEqual(await put({ name: 'b' }), [
      400,
      'BadRequest',
      'the name of the object (b) does not match the name on the URL (fixed)',
    ]);
    assert.deepEqual(await put({ resourceVersion: null }), [
      422,
      'Invalid',
      'widgets.example.dev "fixed" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
    ]);
    assert.deepEqual((await put({ resourceVersion: '1' })).slice(0, 2), [409, 'Conflict']);
    assert.deepEqual((await put({ uid: 'other' })).slice(0, 2), [409, 'Conflict']);
    assert.match(String((await put({ deletionTimestamp: '2020-01-01T00:00:00Z' }))[2]), /field is immutable/);
    const kept = await patch('fixed', { metadata: { creationTimestamp: null, generation: 55, selfLink: 'x' } });
    assert.deepEqual(kept.body.metadata, body.metadata);
    assert.match(
      (await patch('fixed', { metadata: { uid: 'b' } })).body.message,
      /metadata.uid: .*field is immutable$/,
    );
    assert.equal((await call('POST', base, body)).status, 400);
  });

  test('a generated name that is taken is made again; parameters of writes are checked', async () => {
    const draft = { ...widget(''), metadata: { generateName: 'gen-' } };
    const { body } = await call('POST', base, draft);
    assert.equal(body.metadata.generateName, 'gen-');
    for (const query of [
      'dryRun=Some',
      'fieldValidation=Never',
      `fieldManager=${'x'.repeat(129)}`,
      'fieldManager=%01',
    ]) {
      const refused = await call('POST', `${base}?${query}`, draft);
      assert.equal(refused.status, 422, query);
      assert.match(refused.body.message, /^CreateOptions.meta.k8s.io "" is invalid: (dryRun|field)/);
    }
  });

  test('a collection is deleted by selector and limit, and answered as it was', async () => {
    for (const name of ['c1', 'c2', 'c3']) await made(name, { labels: { collection: 'yes' } });
    const names = ({ body }: Answer): string[] =>
      body.items.map((item: { metadata: { name: string } }) => item.metadata.name);
    const some = `${base}?labelSelector=collection`;
    assert.deepEqual(names(await call('DELETE', `${some}&dryRun=All`)), ['c1', 'c2', 'c3']);
    assert.deepEqual(names(await call('DELETE', `${some}&limit=1`)), ['c1']);
    const rest = await call('DELETE', some);
    assert.deepEqual([rest.body.kind, names(rest)], ['WidgetList', ['c2', 'c3']]);
    assert.deepEqual(names(await call('GET', some)), []);
    assert.ok(names(await call('GET', base)).length > 0);
  });
});
