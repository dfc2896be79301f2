import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { serveWidgets, widget } from './widgets-for-tests.ts';

const base = '/apis/example.dev/v1/widgets';
const [merge, json] = ['application/merge-patch+json', 'application/json'];
/** An answer that repeats a body of this kind is larger by far. */
const largeAnswer = 300_000;

describe('bodies that are made to cost more than their size', () => {
  let served: Awaited<ReturnType<typeof serveWidgets>>;
  before(async () => {
    served = await serveWidgets();
  });
  after(() => served[Symbol.asyncDispose]());

  const call = async (method: string, path: string, body: unknown, type = json) => {
    const response = await fetch(served.url + path, {
      method,
      headers: { authorization: 'Bearer admin', 'content-type': type },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, warning: response.headers.get('warning') ?? '', text: await response.text() };
  };
  const numbered = (count: number, make: (index: number) => string): string[] =>
    Array.from({ length: count }, (_, n) => make(n));

  test('of very many mistakes a hundred are told', async () => {
    const labels = Object.fromEntries(numbered(100_000, index => `!${index}`).map(name => [name, '']));
    const bad = await call('POST', base, { ...widget('x'), metadata: { name: 'x', labels } });
    assert.deepEqual([bad.status, JSON.parse(bad.text).details.causes.length], [422, 100]);
    assert.ok(bad.text.length < largeAnswer, `${bad.text.length} characters`);
    const finalizers = numbered(100_000, index => `!${index}`);
    const held = await call('POST', base, { ...widget('x'), metadata: { name: 'x', finalizers } });
    assert.deepEqual([held.status, JSON.parse(held.text).details.causes.length], [422, 100]);
    const tags = Array.from({ length: 100_000 }, () => 5);
    const typed = await call('POST', base, { ...widget('x'), spec: { tags } });
    assert.deepEqual([typed.status, JSON.parse(typed.text).details.causes.length], [422, 100]);
  });

  test('fields that are there twice below a name of half a megabyte are told without it', async () => {
    const twice = numbered(20_000, index => `"a${index}":0,"a${index}":0`).join(',');
    const body = `{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"x"},"${'n'.repeat(500_000)}":{${twice}}}`;
    const strict = await call('POST', `${base}?fieldValidation=Strict`, body);
    assert.equal(strict.status, 400);
    assert.match(strict.text, /duplicate field/);
    assert.ok(strict.text.length < largeAnswer, `${strict.text.length} characters`);
  });

  test('unknown fields are told up to a hundred', async () => {
    const unknown = Object.fromEntries(numbered(50_000, index => `field${index}`).map(name => [name, 0]));
    const strict = await call('POST', `${base}?fieldValidation=Strict`, { ...widget('x'), ...unknown });
    assert.equal(strict.status, 400);
    assert.equal(strict.text.match(/unknown field/g)?.length, 100);
  });

  test('tens of thousands of owners and finalizers are taken in one pass', async () => {
    const owner = { apiVersion: 'v1', kind: 'A', name: 'a' };
    const ownerReferences = numbered(18_000, index => `u${index}`).map(uid => ({ ...owner, uid }));
    const owned = await call('POST', base, { ...widget('owned'), metadata: { name: 'owned', ownerReferences } });
    assert.equal(owned.status, 201);
    const finalizers = numbered(40_000, index => `a.dev/${index}`);
    assert.equal((await call('POST', base, { ...widget('held'), metadata: { name: 'held', finalizers } })).status, 201);
    assert.equal((await call('DELETE', `${base}/held`, {})).status, 200);
    const more = await call('PATCH', `${base}/held`, { metadata: { finalizers: [...finalizers, 'a.dev/x'] } }, merge);
    assert.equal(more.status, 422);
    assert.match(more.text, /no new finalizers can be added/);
    assert.equal((await call('PATCH', `${base}/held`, { metadata: { finalizers: null } }, merge)).status, 200);
  });
});
