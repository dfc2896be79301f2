import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { agentManifestYaml } from '@drover/contracts';
import { cannotStartCluster, kubectls, run, startCluster, type TestCluster } from '@drover/testing';
import { chartFolder, requiredValues, runHelm } from './chart.ts';
import { joinFile } from './join-file.ts';

const skip = cannotStartCluster();
let cluster: TestCluster;
before(async () => {
  if (skip === false) cluster = await startCluster();
});
after(() => cluster?.stop());

/** Has the kube-apiserver check every object; a namespace is made for real, since objects cannot be checked outside one. */
async function dryRun(kubectl: string, manifest: string, namespace: string): Promise<string> {
  const call = (args: string[], input?: string) =>
    run(kubectl, ['--kubeconfig', cluster.kubeconfig, ...args], input === undefined ? {} : { input });
  await call(['create', 'namespace', namespace]);
  const { code, stdout, stderr } = await call(['apply', '--dry-run=server', '-n', namespace, '-f', '-'], manifest);
  assert.equal(code, 0, stderr);
  return stdout;
}

test('the kube-apiserver accepts the chart', { skip }, async () => {
  const { stdout } = await run('kubectl', ['--kubeconfig', cluster.kubeconfig, 'version', '-o', 'json']);
  const { serverVersion } = JSON.parse(stdout);
  const rendered = await runHelm(
    'template',
    'hub',
    chartFolder,
    ...requiredValues,
    '--kube-version',
    serverVersion.gitVersion,
  );
  const [{ path = '' } = {}] = await kubectls();
  const accepted = await dryRun(path, rendered.stdout, 'hub');
  for (const kind of [
    'deployment.apps/hub-auth-proxy',
    'statefulset.apps/hub-nats',
    'job.batch/hub-setup',
    'poddisruptionbudget.policy/hub-fleet-api',
    'networkpolicy.networking.k8s.io/hub-nats-4222',
  ]) {
    assert.ok(accepted.includes(kind), `${kind}\n${accepted}`);
  }
});

test('the kube-apiserver accepts the import manifest from every kubectl', { skip }, async () => {
  const manifest = agentManifestYaml(joinFile(), { image: 'registry.example.com/drover:1' });
  for (const { name, path } of await kubectls()) {
    const accepted = await dryRun(path, manifest, 'drover-system');
    assert.match(accepted, /deployment.apps\/drover-agent created/, name);
    assert.match(accepted, /clusterrolebinding.rbac.authorization.k8s.io\/drover-admins created/, name);
  }
});
