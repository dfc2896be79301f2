import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyLength } from './body-length.ts';
import { writeHead } from './head-text.ts';
import { fieldsIn, headerName, headLines } from './header-fields.ts';

test('a name is lower-cased, and nothing but a token is one', () => {
  assert.equal(headerName('Content-Type'), 'content-type');
  assert.equal(headerName('Content-Type'), 'content-type'); // as it is remembered
  for (const name of ['', ' a', 'a ', 'a b', 'a\tb', 'a:b', 'ä', 'a(b', 'a\r', 'a\n']) {
    assert.equal(headerName(name), undefined, JSON.stringify(name));
  }
});

test('fields are flat, with the white space around their values taken off', () => {
  assert.deepEqual(fieldsIn(['GET / HTTP/1.1', 'A: 1', 'b:2', 'C:  \t3 \t', 'd:', 'e: f: g']), [
    ...['a', '1', 'b', '2', 'c', '3', 'd', '', 'e', 'f: g'],
  ]);
});

test('T16 a line that continues the one before it, and one without a name, are no fields', () => {
  for (const line of [' folded', '\tfolded', ': value', 'no colon', 'name : value', '']) {
    assert.equal(fieldsIn(['', line]), undefined, JSON.stringify(line));
  }
});

test('T16 bare line feeds, carriage returns and control characters make a head unreadable', () => {
  assert.deepEqual(headLines('a\r\nb\tc'), ['a', 'b\tc']);
  for (const text of ['a\nb', 'a\rb', 'a\r\n\nb', 'a\0', 'a\x7f', 'a\x0b']) {
    assert.equal(headLines(text), undefined, JSON.stringify(text));
  }
});

test('a head is written as it goes over the wire', () => {
  assert.equal(writeHead('HTTP/1.1 200 OK', ['a', '1', 'b', '']), 'HTTP/1.1 200 OK\r\na: 1\r\nb: \r\n\r\n');
});

test('T1 T16 what could become a header of its own, or the end of the head, is not written', () => {
  for (const [name, value] of [
    ['a', 'b\r\nimpersonate-user: root'],
    ['a', 'b\nc: d'],
    ['\timpersonate-user', 'root'],
    ['impersonate-user ', 'root'],
    ['a: b', 'c'],
    ['a', 'Ā'],
    ['', 'a'],
  ] as const) {
    assert.throws(() => writeHead('GET / HTTP/1.1', [name, value]), { code: 'bad-request' }, JSON.stringify(name));
  }
});

test('a body’s length is said once, or always the same', () => {
  assert.equal(bodyLength(['a', '5']), undefined);
  assert.equal(bodyLength(['content-length', '5']), 5);
  assert.equal(bodyLength(['content-length', '5', 'content-length', '5']), 5);
  for (const values of [['5', '6'], ['+5'], ['5, 5'], ['0x5'], ['-1'], [''], ['1e3'], ['9'.repeat(16)]]) {
    assert.equal(bodyLength(values.flatMap(value => ['content-length', value])), Number.NaN, String(values));
  }
});
