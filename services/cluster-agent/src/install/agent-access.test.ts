import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { agentNames } from '@drover/contracts';
import { type KubeClient, kubeClient } from '@drover/kube';
import { cannotStartCluster, kubectl, run, startCluster, type TestCluster } from '@drover/testing';
import { loadAgentKey } from './agent-key.ts';
import { ensureInstalled } from './ensure-installed.ts';
import { keepHubKeys, loadHubKeys } from './hub-keys.ts';
import { ImpersonatorToken } from './impersonator-token.ts';

const skip = cannotStartCluster();
const timeoutMs = 30_000;
const { namespace, agent, impersonator } = agentNames;
let cluster: TestCluster;
let kube: KubeClient;
let program: string;

before(async () => {
  if (skip !== false) return;
  cluster = await startCluster();
  kube = kubeClient({ kubeconfigFile: cluster.kubeconfig });
  program = await kubectl();
  await ensureInstalled(kube, {}, { signal: AbortSignal.timeout(timeoutMs) });
});
after(async () => {
  await kube?.close();
  await cluster?.stop();
});

const signal = (): AbortSignal => AbortSignal.timeout(timeoutMs);

/** kubectl with nothing but a ServiceAccount's token. */
async function as(serviceAccount: string): Promise<(...args: string[]) => ReturnType<typeof run>> {
  const { token } = await kube.requestToken(namespace, serviceAccount, { expirationSeconds: 600, signal: signal() });
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'c',
        cluster: { server: kube.endpoint.url.href, 'certificate-authority': join(cluster.dir, 'pki/ca.crt') },
      },
    ],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  const file = join(cluster.dir, `${serviceAccount}.kubeconfig`);
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return (...args) => run(program, ['--kubeconfig', file, ...args]);
}

test('installing again, and twice at once, changes nothing and fails nowhere', { skip }, async () => {
  await Promise.all([ensureInstalled(kube, {}, { signal: signal() }), ensureInstalled(kube, {}, { signal: signal() })]);
  const found = await kube.read(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { signal: signal() },
  );
  assert.equal(found?.metadata.labels?.['pod-security.kubernetes.io/enforce'], 'restricted');
});

test('agents that start at once end with one key, and a later one finds it', { skip }, async () => {
  const keys = await Promise.all(Array.from({ length: 6 }, () => loadAgentKey(kube, { signal: signal() })));
  const later = await loadAgentKey(kube, { signal: signal() });
  assert.equal(new Set([...keys, later].map(({ publicKey }) => publicKey)).size, 1);
});

test('T3: the account of users’ traffic can do nothing as itself, and everything that a user may as that user', {
  skip,
}, async () => {
  const call = await as(impersonator);
  for (const args of [
    ['get', 'pods', '-A'],
    ['get', 'secrets', '-n', namespace],
    ['get', 'nodes'],
  ]) {
    const { code, stderr } = await call(...args);
    assert.equal(code, 1, args.join(' '));
    assert.match(stderr, /Forbidden.*drover-impersonator/);
  }
  const admin = ['--as=drover:alice', '--as-group=drover:admins'];
  assert.equal((await call('get', 'nodes', ...admin)).code, 0);
  const bob = await call('get', 'nodes', '--as=drover:bob');
  assert.match(bob.stderr, /User "drover:bob" cannot list resource "nodes"/);
  const extra = await call(
    'get',
    '--raw=/version',
    '--as=drover:bob',
    '--as-user-extra=drover.dev/original-user=drover:carol',
  );
  assert.equal(extra.code, 0, extra.stderr);
  const otherExtra = await call('get', '--raw=/version', '--as=drover:bob', '--as-user-extra=scopes=all');
  assert.match(otherExtra.stderr, /cannot impersonate resource "userextras\/scopes"/);
  const account = await call('get', 'pods', '--as=system:serviceaccount:kube-system:default');
  assert.match(account.stderr, /cannot impersonate resource "serviceaccounts"/);
});

test('T3: the agent’s own account has what it needs for itself, and no more', { skip }, async () => {
  const call = await as(agent);
  const may = async (...what: string[]): Promise<boolean> => (await call('auth', 'can-i', ...what)).code === 0;
  const allowed = [
    ['get', 'secrets/drover-agent', '-n', namespace],
    ['create', 'secrets', '-n', namespace],
    ['create', `serviceaccounts/${impersonator}`, '--subresource=token', '-n', namespace],
    ['get', 'secrets/drover-hub-keys', '-n', namespace],
    ['patch', 'secrets/drover-hub-keys', '-n', namespace],
    ['get', '/version'],
    ['get', '/readyz'],
  ];
  const forbidden = [
    ['get', 'secrets/drover-join', '-n', namespace],
    ['list', 'secrets', '-n', namespace],
    ['update', 'secrets/drover-agent', '-n', namespace],
    ['patch', 'secrets/drover-agent', '-n', namespace],
    ['create', 'secrets', '-n', 'kube-system'],
    ['create', `serviceaccounts/${agent}`, '--subresource=token', '-n', namespace],
    ['create', 'serviceaccounts/default', '--subresource=token', '-n', 'kube-system'],
    ['impersonate', 'users'],
    ['impersonate', 'groups'],
    ['get', 'pods'],
  ];
  for (const what of allowed) assert.equal(await may(...what), true, what.join(' '));
  for (const what of forbidden) assert.equal(await may(...what), false, what.join(' '));
});

test('T9 the hub’s keys that the agents learnt of are kept in a Secret that the agent’s own account may write', {
  skip,
}, async () => {
  const { token } = await kube.requestToken(namespace, agent, { expirationSeconds: 600, signal: signal() });
  const file = join(cluster.dir, 'agent-account.kubeconfig');
  const { url } = kube.endpoint;
  await writeFile(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'c', cluster: { server: url.href, 'certificate-authority': join(cluster.dir, 'pki/ca.crt') } },
      ],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
    { mode: 0o600 },
  );
  await using own = kubeClient({ kubeconfigFile: file });
  assert.equal(await loadHubKeys(own, { signal: signal() }), undefined);
  const learnt = { hubId: 'h', pinned: ['k1'], seq: 1, keys: [{ kid: 'k2' }] };
  await keepHubKeys(own, learnt, { signal: signal() });
  await keepHubKeys(own, { ...learnt, seq: 2 }, { signal: signal() });
  assert.deepEqual(await loadHubKeys(own, { signal: signal() }), { ...learnt, seq: 2 });
});

test('T3: the way to the kube-apiserver that users’ requests take carries no certificate of the kubeconfig', {
  skip,
}, () => {
  assert.deepEqual(Object.keys(kube.endpoint.tls).sort(), ['ca', 'rejectUnauthorized']);
});

test('the impersonating account’s token comes by TokenRequest; a cluster that is gone is said so', {
  skip,
}, async () => {
  await using token = await ImpersonatorToken.open({ kube, logger: { warn: () => {} }, signal: signal() });
  const claims = JSON.parse(Buffer.from(token.current().split('.')[1] ?? '', 'base64url').toString());
  assert.equal(claims.sub, `system:serviceaccount:${namespace}:${impersonator}`);
  assert.ok(claims.exp - claims.iat <= 3600 + 10);
  await using elsewhere = kubeClient({ inCluster: { host: '127.0.0.1', port: 1, folder: join(cluster.dir, 'pki') } });
  await assert.rejects(elsewhere.version({ signal: signal() }), { name: 'DroverError' });
  await assert.rejects(kube.version({ signal: AbortSignal.abort(new Error('enough')) }), /enough/);
});
