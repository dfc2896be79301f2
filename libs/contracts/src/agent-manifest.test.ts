import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { agentManifest, agentManifestYaml, type JoinFile, readJoinFile } from './index.ts';

const join: JoinFile = {
  apiVersion: 'drover.dev/v1',
  kind: 'ClusterJoin',
  cluster: { name: 'alpha', uid: '7a3e' },
  hub: {
    id: 'hub-1',
    url: 'https://hub.example.com',
    tunnelUrls: ['https://hub.example.com'],
    ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    identityKeys: { keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 'k1', x: 'AA' }] },
  },
  joinToken: 'drj_abcdefghij_secret',
  expiresAt: '2030-01-01T00:00:00Z',
};
const options = { image: 'registry.example.com/drover:1' };
const find = (kind: string, name: string) => {
  const found = agentManifest(join, options).find(object => object.kind === kind && object.metadata.name === name);
  assert.ok(found, `${kind} ${name}`);
  return found;
};

test('the YAML holds the same objects, and the join file comes out of its Secret whole', () => {
  const documents = parseAllDocuments(agentManifestYaml(join, options)).map(document => document.toJS());
  assert.deepEqual(documents, JSON.parse(JSON.stringify(agentManifest(join, options))));
  const secret = documents.find(document => document.kind === 'Secret');
  assert.deepEqual(readJoinFile(Buffer.from(secret.data['join.json'], 'base64').toString()), join);
});

test('T3: the account of users’ traffic can impersonate and nothing else', () => {
  assert.deepEqual(find('ClusterRole', 'drover-impersonator')['rules'], [
    { apiGroups: [''], resources: ['users', 'groups'], verbs: ['impersonate'] },
    {
      apiGroups: ['authentication.k8s.io'],
      resources: ['userextras/drover.dev/original-user'],
      verbs: ['impersonate'],
    },
  ]);
  const bindings = agentManifest(join, options).filter(object => object.kind.endsWith('RoleBinding'));
  const holders = bindings.filter(binding => JSON.stringify(binding['subjects']).includes('drover-impersonator'));
  assert.deepEqual(
    holders.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    ['ClusterRoleBinding drover-impersonator'],
  );
});

test('the hub’s administrators are bound under the hub’s prefix', () => {
  const subjects = (userPrefix?: string): unknown =>
    agentManifest({ ...join, hub: { ...join.hub, ...(userPrefix && { userPrefix }) } }, options).find(
      object => object.metadata.name === 'drover-admins',
    )?.['subjects'];
  const group = (name: string) => [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name }];
  assert.deepEqual(subjects(), group('drover:admins'));
  assert.deepEqual(subjects('acme/'), group('acme/admins'));
});

test('two pods run the agent as its own account, each restricted, probed and bounded', () => {
  const accounts = agentManifest(join, options).filter(({ kind }) => kind === 'ServiceAccount');
  assert.deepEqual(
    accounts.map(({ metadata }) => [metadata.namespace, metadata.name]),
    [
      ['drover-system', 'drover-agent'],
      ['drover-system', 'drover-impersonator'],
    ],
  );
  assert.equal(
    find('Namespace', 'drover-system').metadata.labels?.['pod-security.kubernetes.io/enforce'],
    'restricted',
  );
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any manifest
  const deployment = find('Deployment', 'drover-agent') as any;
  assert.equal(deployment.spec.replicas, 2);
  const { spec } = deployment.spec.template;
  assert.equal(spec.serviceAccountName, 'drover-agent');
  assert.equal(spec.hostNetwork, undefined);
  assert.equal(spec.securityContext.runAsNonRoot, true);
  assert.deepEqual(spec.securityContext.seccompProfile, { type: 'RuntimeDefault' });
  for (const container of spec.containers) {
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    assert.ok(container.resources.requests.cpu && container.resources.limits.memory);
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      assert.equal(container[probe].httpGet.port, 'health', probe);
    }
  }
});

test('another join file starts new pods, the same one does not', () => {
  const hash = (joinToken: string): string => {
    const deployment = agentManifest({ ...join, joinToken }, options).find(object => object.kind === 'Deployment');
    return /"drover.dev\/join-sha256":"(\w+)"/.exec(JSON.stringify(deployment))?.[1] ?? '';
  };
  assert.equal(hash('drj_a'), hash('drj_a'));
  assert.notEqual(hash('drj_a'), hash('drj_b'));
});

test('a file that is no join file is refused by its field, without its values', () => {
  const wrong = { ...join, hub: { ...join.hub, url: 'http://hub.example.com/secret' } };
  assert.throws(
    () => readJoinFile(JSON.stringify(wrong)),
    (error: Error) => /\/hub\/url/.test(error.message) && !/secret/.test(error.message),
  );
  for (const text of ['', '[]', 'a: b: c', 'x'.repeat(300_000)]) {
    assert.throws(() => readJoinFile(text), { code: 'config-invalid' });
  }
});
