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
