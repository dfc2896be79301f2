import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { version } from '@drover/contracts';
import { repositoryRoot } from '@drover/testing';
import { parse } from 'yaml';
import { chartFolder, helmTemplate, podsOf, requiredValues, runHelm } from './chart.ts';

test('helm lint finds nothing', async () => {
  const { code, stdout, stderr } = await runHelm('lint', chartFolder, '--strict', ...requiredValues);
  assert.equal(code, 0, stdout + stderr);
});

test('the chart’s version is Drover’s', async () => {
  const chart = parse(await readFile(join(chartFolder, 'Chart.yaml'), 'utf8'));
  assert.deepEqual([chart.version, chart.appVersion], [version, version]);
});

const refused: [values: string[], field: RegExp][] = [
  [[], /publicUrl/],
  [[...requiredValues, '--set', 'publicUrl=http://plain.example.com'], /publicUrl/],
  [[...requiredValues, '--set', 'tunnelUrls=null'], /tunnelUrls/],
  [[...requiredValues, '--set', 'userPrefix=system:'], /userPrefix/],
  [[...requiredValues, '--set', 'authProxy.replicas=0'], /replicas/],
  [[...requiredValues, '--set', 'nats.enabled=false'], /nats/],
  [[...requiredValues, '--set', 'authproxy.replicas=3'], /authproxy/],
];
for (const [values, field] of refused) {
  test(`values are checked by schema: ${values.at(-1) ?? 'none'}`, async () => {
    const { code, stderr } = await runHelm('template', 'hub', chartFolder, ...values);
    assert.notEqual(code, 0);
    assert.match(stderr, field);
  });
}

test('every pod meets the pod security standard `restricted`, has probes where it stays, and bounds', async () => {
  const pods = podsOf(await helmTemplate());
  assert.deepEqual(pods.map(({ name }) => name).sort(), [
    'hub-auth-proxy',
    'hub-fleet-api',
    'hub-nats',
    'hub-redis',
    'hub-setup',
    'hub-tunnel-gateway',
  ]);
  for (const { name, kind, spec } of pods) {
    assert.equal(spec.securityContext.runAsNonRoot, true, name);
    assert.deepEqual(spec.securityContext.seccompProfile, { type: 'RuntimeDefault' }, name);
    assert.equal(spec.automountServiceAccountToken, name === 'hub-setup', name);
    assert.equal(spec.hostNetwork, undefined, name);
    for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
      assert.deepEqual(
        container.securityContext,
        { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        name,
      );
      assert.ok(container.resources.requests.cpu && container.resources.limits.memory, name);
    }
    if (kind === 'Job') continue;
    for (const { livenessProbe, readinessProbe } of spec.containers) assert.ok(livenessProbe && readinessProbe, name);
  }
});

test('T6: each service mounts its own Secret; the set-up’s credentials reach an init container only', async () => {
  for (const { name, spec } of podsOf(await helmTemplate())) {
    if (name === 'hub-setup') continue;
    const secretOf = (volume: string): string | undefined =>
      spec.volumes.find(({ name: found }) => found === volume)?.secret?.secretName;
    const mounted = spec.containers.flatMap(({ volumeMounts }) => volumeMounts.map(mount => secretOf(mount.name)));
    assert.deepEqual(
      mounted.filter(secret => secret !== undefined),
      [name],
    );
  }
});

test('each container runs a program that exists', async () => {
  const commands = podsOf(await helmTemplate()).flatMap(({ spec }) =>
    [...spec.containers, ...(spec.initContainers ?? [])].map(({ command }) => command),
  );
  const programs = commands.flatMap(command => command.filter(word => word.endsWith('.ts')));
  assert.equal(programs.length, 5);
  for (const program of programs) await assert.doesNotReject(access(join(repositoryRoot, program)), program);
});

test('with servers and Secrets of one’s own the chart brings neither', async () => {
  const objects = await helmTemplate(
    ...['nats.enabled=false', 'nats.url=nats://nats.example.com', 'redis.enabled=false'].flatMap(v => ['--set', v]),
    ...['redis.url=redis://redis.example.com', 'setup.existing=true', 'tls.secretName=own'].flatMap(v => ['--set', v]),
  );
  assert.deepEqual(
    podsOf(objects)
      .map(({ name }) => name)
      .sort(),
    ['hub-auth-proxy', 'hub-fleet-api', 'hub-tunnel-gateway'],
  );
  assert.ok(!JSON.stringify(objects).includes('hub-nats:4222'));
  assert.match(JSON.stringify(objects), /"DROVER_TLS_CERT","value":"\/run\/drover-tls\/tls.crt"/);
});
