import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerBody } from './answer-body.ts';

const body = (headers: string[], { method = 'GET', status = 200 } = {}) => new AnswerBody(method, { status, headers });

test('a body is as long as it was announced', () => {
  const five = body(['content-length', '5']);
  assert.ok(five.take(3));
  assert.ok(!five.complete);
  assert.ok(five.take(2));
  assert.ok(five.complete);
  assert.ok(!five.take(1));
});

test('without a length it is as long as it is', () => {
  const any = body([]);
  assert.ok(any.take(1_000_000));
  assert.ok(any.complete);
});

test('answers to HEAD, 204 and 304 have none', () => {
  for (const none of [
    body(['content-length', '5'], { method: 'HEAD' }),
    body([], { status: 204 }),
    body(['content-length', '5'], { status: 304 }),
  ]) {
    assert.ok(none.complete);
    assert.ok(!none.take(1));
  }
});

test('T16 a length that cannot be relied on is refused', () => {
  assert.throws(() => body(['content-length', '5', 'content-length', '6']), { code: 'tunnel-protocol' });
  assert.throws(() => body(['content-length', '5x']), { code: 'tunnel-protocol' });
});
