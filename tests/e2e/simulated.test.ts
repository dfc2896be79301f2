import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { type LocalStack, startLocalStack } from '@drover/local-stack';
import { eventually, kubectls, repositoryRoot, run, start as startCommand } from '@drover/testing';

let folder: string;
let hub: LocalStack;
const start = (): Promise<LocalStack> =>
  startLocalStack({ dataDir: join(folder, 'data'), logLevel: 'error', demo: true });

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-demo-'));
  hub = await start();
});
after(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

const where = (): string[] => [
  ...['--kubeconfig', join(folder, 'data/admin.kubeconfig'), '--server', `${hub.url}/k8s/clusters/demo`],
  ...['--cache-dir', join(folder, 'cache')],
];

/** What `kubectl create` makes by itself, and of what the object must be what kubectl says that it would make. */
const created: readonly (readonly [what: string, args: string, fields: readonly string[]])[] = [
  ['deployment/web', 'deployment web --image=nginx:1 --replicas=2 --port=80 -- sleep 5', ['spec']],
  ['configmap/settings', 'configmap settings --from-literal=a=1 --from-literal=b=', ['data']],
  ['secret/hidden', 'secret generic hidden --from-literal=a=1 --type=example.dev/x', ['data', 'type']],
  ['service/cheap', 'service clusterip cheap --tcp=80:8080 --tcp=443:https', ['spec']],
  ['service/away', 'service externalname away --external-name=example.com', ['spec']],
  ['serviceaccount/robot', 'serviceaccount robot', []],
  ['job/once', 'job once --image=busybox -- true', ['spec']],
  ['cronjob/nightly', 'cronjob nightly --image=busybox --schedule=@hourly -- true', ['spec']],
  ['role/reader', 'role reader --verb=get,list --resource=pods --resource-name=a', ['rules']],
  [
    'rolebinding/readers',
    'rolebinding readers --role=reader --user=jane --serviceaccount=x:y',
    ['roleRef', 'subjects'],
  ],
];

for (const { name, path } of await kubectls()) {
  const kubectl = async (args: string, input?: string) => {
    const result = await run(path, [...where(), ...args.split(' ')], input === undefined ? {} : { input });
    return { ...result, args };
  };
  const done = async (args: string, input?: string): Promise<string> => {
    const { code, stdout, stderr } = await kubectl(args, input);
    assert.equal(code, 0, `kubectl ${args}: ${stdout}${stderr}`);
    return stdout;
  };

  test(`kubectl ${name} sees nodes, pods and deployments of the demo cluster, which says that it is simulated`, async () => {
    assert.match(await done('version'), /v1\.32\.0-simulated/);
    assert.match(await done('get nodes'), /^NAME +STATUS +ROLES +AGE +VERSION|^NAME +STATUS +ROLES +VERSION/);
    assert.equal((await done('get nodes -o name')).match(/^node\/demo-simulated-\d$/gm)?.length, 3);
    assert.match(await done('get pods -A'), /^NAMESPACE +NAME +READY +STATUS +RESTARTS +AGE\n/);
    assert.match(await done('get pods -n shop'), /^postgres-0 +1\/1 +Running +0 +/m);
    assert.match(await done('get deployments -n shop'), /^web +3\/3 +3 +3 +/m);
    assert.match(await done('get all -n shop'), /replicaset\.apps\/web-/);
    assert.match(await done('describe node demo-simulated-1'), /simulated:\/\/0/);
    assert.match(await done('explain deployment.spec'), /What is wanted/);
    assert.equal(await done('auth can-i delete nodes'), 'yes\n');
    if (name !== 'PATH') assert.match(await done('auth whoami'), /Username +drover:admin\n/);
    const logs = await kubectl('logs -n shop postgres-0');
    assert.match(logs.stderr, /\(MethodNotAllowed\): this cluster is simulated: its pods have no containers/);
    const exec = await kubectl('exec -n shop postgres-0 -- ls');
    assert.match(exec.stderr, /this cluster is simulated/);
  });

  test(`kubectl ${name} makes, changes, watches and deletes in the demo cluster`, async () => {
    const namespace = `n${name.replace('.', '').toLowerCase()}`;
    await done('apply -f -', `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"${namespace}"}}`);
    const watching = spawn(path, [...where(), 'get', 'configmaps', '-n', namespace, '-w', '-o', 'name']);
    const lines = createInterface({ input: watching.stdout })[Symbol.asyncIterator]();
    const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: '1' } };
    await done(`create -n ${namespace} -f -`, JSON.stringify(settings));
    assert.equal((await lines.next()).value, 'configmap/settings');
    watching.kill();
    await once(watching, 'exit');
    await done(`label -n ${namespace} configmap settings tier=front`);
    const deployment = (replicas: number) =>
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: {
          replicas,
          selector: { matchLabels: { app: 'web' } },
          template: {
            metadata: { labels: { app: 'web' } },
            spec: { containers: [{ name: 'web', image: 'nginx', ports: [{ containerPort: 80 }] }] },
          },
        },
      });
    assert.match(await done(`apply -n ${namespace} -f -`, deployment(2)), /created/);
    assert.match(await done(`apply -n ${namespace} -f -`, deployment(2)), /unchanged/);
    assert.match(await done(`get -n ${namespace} deployments`), /^web +2\/2 +2 +2 /m);
    assert.equal((await done(`get -n ${namespace} pods -l app=web -o name`)).trim().split('\n').length, 2);
    assert.match(await done(`get -n ${namespace} configmaps -l tier=front`), /settings +1 /);
    assert.match(await done(`apply -n ${namespace} -f -`, deployment(3)), /configured/);
    await done(`set image -n ${namespace} deployment web web=nginx:2`);
    assert.match(await done(`get -n ${namespace} deployments -o wide`), /^web +2\/3 .* nginx:2 /m);
    await done(`delete -n ${namespace} deployment web`);
    await done(`wait -n ${namespace} --for=delete pod -l app=web --timeout=30s`);
    await done(`delete namespace ${namespace}`);
  });

  test(`kubectl ${name} makes by itself what it says that it would make`, async () => {
    const namespace = `made-${name.replace('.', '').toLowerCase()}`;
    await done(`create namespace ${namespace}`);
    for (const [what, args, fields] of created) {
      const [command = '', ...program] = args.split(' -- ');
      const flags = (more: string): string => [`${command} -n ${namespace}${more}`, ...program].join(' -- ');
      const meant = JSON.parse(await done(`create ${flags(' --dry-run=client -o json')}`));
      assert.match(await done(`create ${flags('')}`), /created/);
      const made = JSON.parse(await done(`get ${what} -n ${namespace} -o json`));
      assert.deepEqual(made.metadata.labels, meant.metadata.labels, what);
      for (const field of fields) assert.deepEqual(withoutNulls(made[field]), withoutNulls(meant[field]), what);
    }
    assert.match(await done(`get pods -n ${namespace}`), /^web-/m);
    await done(`delete namespace ${namespace}`);
  });
}

/** A time that is not yet known is null in what kubectl prints, and absent from what a server keeps. */
function withoutNulls(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, item) => (item === null ? undefined : item)));
}

test('kubectl asks the hub itself who it is and what it may do', async () => {
  const access = ['--kubeconfig', join(folder, 'data/admin.kubeconfig')];
  for (const { name, path } of await kubectls()) {
    const may = await run(path, [...access, 'auth', 'can-i', 'create', 'clusters.drover.dev']);
    assert.equal(may.stdout, 'yes\n', `${name}: ${may.stderr}`);
    if (name === 'PATH') continue; // it may be too old for whoami
    const who = await run(path, [...access, 'auth', 'whoami']);
    assert.match(who.stdout, /Username +admin\n/, `${name}: ${who.stderr}`);
  }
});

test('a later start joins the demo cluster again', async () => {
  await hub.close();
  hub = await start();
  const [{ path } = { path: '' }] = await kubectls();
  const { code, stdout, stderr } = await run(path, [...where(), 'get', 'nodes', '-o', 'name']);
  assert.deepEqual([code, stderr, stdout.split('\n')[0]], [0, '', 'node/demo-simulated-1']);
});

test('drover simulate joins twenty clusters and ends with Ctrl-C; they join again, and are removed', async () => {
  const bin = join(repositoryRoot, 'cli/bin/drover');
  const env = { DROVER_CONFIG_DIR: join(folder, 'config'), DROVER_DATA_DIR: join(folder, 'data') };
  const drover = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(bin, args, { env });
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  };
  await drover('login', hub.url, '--user', 'admin', '--password-file', join(folder, 'data/admin-password'));
  for (const _time of ['first', 'again']) {
    await using simulated = startCommand(bin, ['simulate', '--clusters', '20', '--pods', '5'], { env });
    await eventually(() => simulated.stdout().includes('20 simulated clusters are connected'), { timeoutMs: 30_000 });
    const [{ path } = { path: '' }] = await kubectls();
    const at = ['--kubeconfig', join(folder, 'data/admin.kubeconfig'), '--server', `${hub.url}/k8s/clusters/sim-020`];
    const pods = await run(path, [...at, 'get', 'pods', '-l', 'app=load', '-o', 'name']);
    assert.equal(pods.stdout.trim().split('\n').length, 5, pods.stderr);
    assert.equal(await simulated.stop('SIGINT'), 0, simulated.stderr());
  }
  assert.match(await drover('simulate', '--remove'), /^20 simulated clusters are removed/);
  assert.equal(await drover('cluster', 'list', '-o', 'name'), 'demo\n');
});
