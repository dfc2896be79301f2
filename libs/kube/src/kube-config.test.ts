import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { kubeClient } from './index.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-kube-'));
});
after(() => rm(folder, { recursive: true }));

const pem = (text: string): string => Buffer.from(text).toString('base64');

async function kubeconfig(cluster: object, more: object = {}): Promise<string> {
  const file = join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { 'client-certificate-data': pem('cert'), 'client-key-data': pem('key') } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
    ...more,
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

test('T3: the endpoint has address and CA, and nothing by which the kubeconfig’s user is known', async () => {
  const cluster = {
    server: 'https://api.example.com/k8s/c-1/',
    'certificate-authority-data': pem('ca'),
    'tls-server-name': 'n',
  };
  await using kube = kubeClient({ kubeconfigFile: await kubeconfig(cluster) });
  const { url, ...endpoint } = kube.endpoint;
  assert.equal(url.origin, 'https://api.example.com');
  assert.deepEqual(endpoint, {
    host: 'api.example.com',
    port: 443,
    basePath: '/k8s/c-1',
    tls: { ca: Buffer.from('ca'), servername: 'n', rejectUnauthorized: true },
  });
});

test('certificates go unverified only where the kubeconfig says so itself', async () => {
  const cluster = { server: 'https://[::1]:6443', 'insecure-skip-tls-verify': true };
  await using kube = kubeClient({ kubeconfigFile: await kubeconfig(cluster) });
  const { host, port, tls } = kube.endpoint;
  assert.deepEqual({ host, port, tls }, { host: '::1', port: 6443, tls: { rejectUnauthorized: false } });
});

const wrong: [what: string, cluster: object, more?: object][] = [
  ['a server without TLS', { server: 'http://127.0.0.1:8001' }],
  ['a proxy', { server: 'https://api.example.com', 'proxy-url': 'http://proxy:3128' }],
  ['no server', { server: 'nowhere' }],
  ['a CA that is not there', { server: 'https://api.example.com', 'certificate-authority': '/nonexistent/ca.crt' }],
  ['a context that is not there', { server: 'https://api.example.com' }, { 'current-context': 'other' }],
];
for (const [what, cluster, more] of wrong) {
  test(`${what} is refused as config-invalid`, async () => {
    const kubeconfigFile = await kubeconfig(cluster, more);
    assert.throws(() => kubeClient({ kubeconfigFile }), { name: 'DroverError', code: 'config-invalid' });
  });
}

test('no file, or one that is no kubeconfig, is refused', async () => {
  assert.throws(() => kubeClient({ kubeconfigFile: join(folder, 'absent') }), { code: 'config-invalid' });
  await writeFile(join(folder, 'text'), 'hello: [');
  assert.throws(() => kubeClient({ kubeconfigFile: join(folder, 'text') }), { code: 'config-invalid' });
});
