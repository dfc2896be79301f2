import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEnvironment } from '../environment.ts';
import { agoOf, durationSeconds } from './duration.ts';
import { hubUrl, sameHub } from './hub-url.ts';
import { buildKubeconfig, hubContextName } from './kubeconfig.ts';

test('a hub’s URL has one form', () => {
  assert.equal(hubUrl('hub.example.com'), 'https://hub.example.com');
  assert.equal(hubUrl('hub.example.com:8443'), 'https://hub.example.com:8443');
  assert.equal(hubUrl('https://HUB.example.com:443/'), 'https://hub.example.com');
  assert.equal(hubUrl('https://[::1]:8443'), 'https://[::1]:8443');
  for (const wrong of ['', 'http://a', 'ftp://a', 'https://a/b', 'https://a?b', 'https://a#b', 'https://u@a', 'a b']) {
    assert.throws(() => hubUrl(wrong), { name: 'DroverError' }, wrong);
  }
});

test('the names of loopback are one hub, others are not', () => {
  assert.equal(sameHub('https://127.0.0.1:8443', 'https://localhost:8443'), true);
  assert.equal(sameHub('https://127.0.0.1:8443', 'https://[::1]:8443'), true);
  assert.equal(sameHub('https://127.0.0.1:8443', 'https://localhost:8444'), false);
  assert.equal(sameHub('https://127.0.0.1:8443', 'https://hub.example.com:8443'), false);
  assert.equal(sameHub('https://a:1', 'https://b:1'), false);
});

test('durations are read and ages are told in one unit', () => {
  assert.deepEqual(['90s', '30m', '8h', '7d'].map(durationSeconds), [90, 1800, 28_800, 604_800]);
  for (const wrong of ['', '0s', '5', '1w', '-1h', '1.5h', '1h30m']) assert.throws(() => durationSeconds(wrong), wrong);
  const now = Date.parse('2030-01-10T00:00:00Z');
  assert.equal(agoOf(undefined, now), 'never');
  assert.equal(agoOf('2030-01-09T23:59:18Z', now), '42s');
  assert.equal(agoOf('2030-01-09T23:00:00Z', now), '1h');
  assert.equal(agoOf('2030-01-01T00:00:00Z', now), '9d');
  assert.equal(agoOf('2030-01-10T00:01:00Z', now), '0s');
});

test('a cluster that is called hub does not take the place of the hub’s own context', () => {
  const built = buildKubeconfig({
    hub: 'https://a',
    clusters: ['hub'],
    withHub: true,
    credential: { kind: 'exec', command: '/d', env: { DROVER_CONFIG_DIR: '/c' } },
  });
  assert.equal(hubContextName(['hub']), 'drover:hub');
  const { clusters, users } = JSON.parse(JSON.stringify(built));
  assert.deepEqual(
    clusters.map(({ name, cluster }: { name: string; cluster: object }) => [name, cluster]),
    [
      ['hub', { server: 'https://a/k8s/clusters/hub' }],
      ['drover:hub', { server: 'https://a' }],
    ],
  );
  assert.deepEqual(users[0].user.exec.env, [{ name: 'DROVER_CONFIG_DIR', value: '/c' }]);
});

test('the configuration folder follows DROVER_CONFIG_DIR, XDG_CONFIG_HOME, HOME', () => {
  const home = { HOME: '/home/a' };
  assert.equal(readEnvironment(home).configFolder, '/home/a/.config/drover');
  assert.equal(readEnvironment({ ...home, XDG_CONFIG_HOME: '/x' }).configFolder, '/x/drover');
  const asked = readEnvironment({ ...home, XDG_CONFIG_HOME: '/x', DROVER_CONFIG_DIR: '/d' });
  assert.deepEqual([asked.configFolder, asked.configFolderIsSet], ['/d', true]);
  assert.equal(readEnvironment({ ...home, https_proxy: 'http://p' }).proxy.httpsProxy, 'http://p');
});
