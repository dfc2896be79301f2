import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { systemClock } from '@drover/async';
import { cannotStartCluster, run, startCluster } from '@drover/testing';
import { parse } from 'yaml';
import { WorkloadIssuer } from './workload-issuer.ts';
import { ruleOf } from './workload-rules.ts';

const { signal } = new AbortController();

test('a service-account token of a real kube-apiserver says who the workload is', {
  skip: cannotStartCluster(),
}, async () => {
  await using cluster = await startCluster();
  const kubectl = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run('kubectl', ['--kubeconfig', cluster.kubeconfig, ...args]);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await kubectl('create', 'namespace', 'builds');
  await kubectl('create', 'serviceaccount', 'builder', '--namespace', 'builds');
  const token = (audience: string) =>
    kubectl('create', 'token', 'builder', '--namespace', 'builds', '--audience', audience).then(text => text.trim());
  const { issuer } = JSON.parse(await kubectl('get', '--raw', '/.well-known/openid-configuration'));
  const claims = { 'kubernetes.io.namespace': 'builds', 'kubernetes.io.serviceaccount.name': 'builder' };
  const rules = [{ claims, user: 'ci', ttlSeconds: 600 }];
  const base = { issuer, audience: 'drover', rules };
  const trusting = (more: object) =>
    new WorkloadIssuer({ name: 'build-cluster', spec: { ...base, ...more }, clock: systemClock });

  await using given = trusting({ jwks: await kubectl('get', '--raw', '/openid/v1/jwks') });
  const said = await given.verify(await token('drover'), signal);
  assert.equal(said.sub, 'system:serviceaccount:builds:builder');
  assert.equal(ruleOf(rules, said)?.user, 'ci');
  await assert.rejects(given.verify(await token('another'), signal), { code: 'unauthenticated' });
  // One for the kube-apiserver itself is no key to the hub.
  await assert.rejects(given.verify(await token(issuer), signal), { code: 'unauthenticated' });

  const kubeconfig = parse(readFileSync(cluster.kubeconfig, 'utf8')).clusters[0].cluster;
  const data = kubeconfig['certificate-authority-data'];
  const ca =
    data === undefined
      ? readFileSync(kubeconfig['certificate-authority'], 'utf8')
      : Buffer.from(data, 'base64').toString();
  const anonymous = ['--clusterrole=system:service-account-issuer-discovery', '--group=system:unauthenticated'];
  await kubectl('create', 'clusterrolebinding', 'issuer-discovery', ...anonymous);
  await using fetched = trusting({ ca, jwksUri: `https://127.0.0.1:${cluster.port}/openid/v1/jwks` });
  assert.equal(ruleOf(rules, await fetched.verify(await token('drover'), signal))?.user, 'ci');
});
