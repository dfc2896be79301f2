import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyFor } from './proxy-choice.ts';

const httpsProxy = 'http://proxy.example:3128';

test('the proxy is HTTPS_PROXY, else ALL_PROXY, else none', () => {
  const url = 'https://hub.example';
  assert.equal(proxyFor(url, {}), undefined);
  assert.equal(proxyFor(url, { httpsProxy, allProxy: 'http://other' }), httpsProxy);
  assert.equal(proxyFor(url, { httpsProxy: '', allProxy: 'proxy:1' }), 'http://proxy:1');
});

const cases: [noProxy: string, url: string, direct: boolean][] = [
  ['*', 'https://hub.example', true],
  ['', 'https://hub.example', false],
  ['hub.example', 'https://hub.example', true],
  ['.hub.example', 'https://a.hub.example', true],
  ['example', 'https://hub.example', true],
  ['ample', 'https://hub.example', false],
  ['other, HUB.example', 'https://hub.example:8443', true],
  ['hub.example:8443', 'https://hub.example:8443', true],
  ['hub.example:443', 'https://hub.example:8443', false],
  ['10.0.0.0/8', 'https://10.1.2.3', true],
  ['10.0.0.0/8', 'https://11.1.2.3', false],
  ['10.0.0.0/99', 'https://10.1.2.3', false],
  ['127.0.0.1', 'https://127.0.0.1:8443', true],
  ['fd00::/8', 'https://[fd00::1]', true],
  ['::1', 'https://[::1]:8443', true],
];
for (const [noProxy, url, direct] of cases) {
  test(`NO_PROXY=${noProxy} ${direct ? 'covers' : 'does not cover'} ${url}`, () => {
    assert.equal(proxyFor(url, { httpsProxy, noProxy }), direct ? undefined : httpsProxy);
  });
}
