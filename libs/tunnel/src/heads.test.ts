import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeRequestHead,
  decodeResponseHead,
  decodeRoute,
  encodeRequestHead,
  encodeResponseHead,
  encodeRoute,
  openFlag,
} from './heads.ts';
import { TunnelProtocolError } from './protocol-error.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
/** What a field may hold: latin1 without CR, LF and NUL. */
const field = fc.string({
  unit: fc.integer({ min: 1, max: 0xff }).map(code => (code === 10 || code === 13 ? ' ' : String.fromCharCode(code))),
});

test('a request’s head comes out as it went in', () => {
  fc.assert(
    fc.property(field, field, fc.array(fc.tuple(field, field)), (method, target, pairs) => {
      const head = { method, target, headers: pairs.flat() };
      assert.deepEqual(decodeRequestHead(bytes(encodeRequestHead(head)), 0), head);
    }),
    { seed: 7 },
  );
});

test('an answer’s head comes out as it went in', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 999 }), fc.array(fc.tuple(field, field)), (status, pairs) => {
      const head = { status, headers: pairs.flat() };
      assert.deepEqual(decodeResponseHead(bytes(encodeResponseHead(head))), head);
    }),
    { seed: 7 },
  );
});

const injected: [string, string][] = [
  ['a line feed', 'v\nimpersonate-user: root'],
  ['two line feeds, as of a whole header', 'v\nimpersonate-user\nroot'],
  ['a carriage return', 'v\rimpersonate-user: root'],
  ['a NUL', 'v\0'],
];
for (const [what, value] of injected) {
  test(`${what} in a field makes no header: the head is refused (T1)`, () => {
    const heads = [
      { method: 'GET', target: '/', headers: ['a', value] },
      { method: 'GET', target: '/', headers: [value, 'a'] },
      { method: 'GET', target: value, headers: [] },
      { method: value, target: '/', headers: ['a', 'b'] },
    ];
    for (const head of heads) {
      assert.throws(() => decodeRequestHead(bytes(encodeRequestHead(head)), 0), TunnelProtocolError);
    }
    assert.throws(
      () => decodeResponseHead(bytes(encodeResponseHead({ status: 200, headers: ['a', value] }))),
      TunnelProtocolError,
    );
  });
}

test('what latin1 cannot carry is refused, not changed: U+010A would become a line feed', () => {
  const code = { code: 'bad-request' };
  assert.throws(() => encodeRequestHead({ method: 'GET', target: '/\u010a', headers: [] }), code);
  assert.throws(() => encodeRequestHead({ method: 'GET', target: '/', headers: ['a', 'š'] }), code);
  assert.throws(() => encodeResponseHead({ status: 200, headers: ['a', '☃'] }), code);
});

for (const text of ['', '0', 'x\nGET\n/', '1\nGET\n/\na', '2\nGET\n/\na', '0\nGET\n/\na\nb', '-0\nGET']) {
  test(`a request’s head of ${JSON.stringify(text)} is refused`, () => {
    assert.throws(() => decodeRequestHead(bytes(text), 0), TunnelProtocolError);
  });
}

for (const status of ['', 'ok', '99', '1000', '200.5', 'NaN']) {
  test(`a status of ${JSON.stringify(status)} is refused`, () => {
    assert.throws(() => decodeResponseHead(bytes(`0\n${status}`)), TunnelProtocolError);
  });
}

test('a route comes out as it went in, and says where the head begins', () => {
  const route = { identity: 4096, flags: openFlag.upgrade | openFlag.forwarded, cluster: 'a'.repeat(255) };
  const payload = Buffer.concat([encodeRoute(route), bytes('rest')]);
  const { rest, ...decoded } = decodeRoute(payload);
  assert.deepEqual(decoded, route);
  assert.equal(payload.toString('latin1', rest), 'rest');
});

test('a route that is too long is refused, and one that is cut', () => {
  assert.throws(() => encodeRoute({ identity: 0, flags: 0, cluster: 'a'.repeat(256) }), { code: 'bad-request' });
  const whole = encodeRoute({ identity: 1, flags: 0, cluster: 'abc' });
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => decodeRoute(whole.subarray(0, length)), TunnelProtocolError);
  }
});
