import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hubPath } from './hub-path.ts';

test('T10 a browser goes on to a path of the hub, and to no other site', () => {
  const own = [
    '/account',
    '/device?user_code=ABCD-EFGH',
    '/v1/oauth/authorize?redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcallback',
  ];
  for (const path of own) assert.equal(hubPath(path, '/x'), path);
  const others = [
    ...[
      '//evil.example',
      '/\\evil.example',
      '\\/evil.example',
      '\\\\evil.example',
      '/\t/evil.example',
      '/\n/evil.example',
    ],
    ...['https://evil.example', 'https:evil.example', 'javascript:alert(1)', 'evil.example', '', ' /account', '/ä'],
    ...['/.//evil.example', '/..//evil.example', '/a/..//evil.example', '/%5cevil\\', `/${'a'.repeat(5000)}`],
    ...[undefined, null, 7, ['/account'], { toString: () => '/account' }],
  ];
  for (const path of others) assert.equal(hubPath(path, '/x'), '/x', JSON.stringify(path));
});
