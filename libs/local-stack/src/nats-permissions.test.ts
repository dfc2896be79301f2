import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Bus, connectBus, ensureHubStreams } from '@drover/bus';
import { objects, resources, streams, subjects } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { findServer } from './find-server.ts';
import { ensureNatsAuthority, type NatsAuthority } from './nats-authority.ts';
import { type LocalNatsUser, localNatsUsers } from './nats-permissions.ts';
import { type LocalNats, startNats } from './nats-server.ts';

const bucket = `KV_${objects.bucket}`;
const everyStream = [bucket, streams.events.name, streams.audit.name];
let folder: string;
let nats: LocalNats;
let authority: NatsAuthority;
const buses = new Map<LocalNatsUser, Bus>();
const as = (user: LocalNatsUser): Bus => {
  const bus = buses.get(user);
  assert.ok(bus);
  return bus;
};

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-stack-'));
  authority = await ensureNatsAuthority(folder);
  nats = await startNats(await findServer('nats-server', { say: () => {} }), folder, authority);
  for (const user of localNatsUsers) {
    buses.set(user, await connectBus({ url: nats.url, credsFile: authority.credentials[user], name: user }));
  }
  await ensureHubStreams(as('setup'));
  await as('fleet-api')
    .objects()
    .create(objects.key(resources.clusters, undefined, 'alpha'), Buffer.from('{}'));
  await as('fleet-api')
    .objects()
    .create(objects.key(resources.passwords, undefined, 'alice'), Buffer.from('{}'));
});
after(async () => {
  for (const bus of buses.values()) await bus.close();
  await nats.stop();
  await rm(folder, { recursive: true });
});

const refused = (what: Promise<unknown>) =>
  assert.rejects(what, (error: unknown) => {
    // Whoever goes around the bus sees the client's own error.
    const found = error instanceof DroverError ? error.code : error instanceof Error ? error.message : '';
    assert.match(found, /forbidden|Permissions Violation/);
    return true;
  });

const pushConsumer = (filter: string, deliver: string) => ({
  name: 'c1',
  filter_subject: filter,
  deliver_subject: deliver,
  ack_policy: 'none' as const,
});

test('secrets are readable by their owner only', async () => {
  for (const path of ['authority.json', 'nats.conf', 'creds/setup.creds', 'creds/auth-proxy.creds']) {
    assert.equal((await stat(join(folder, path))).mode & 0o777, 0o600, path);
  }
});

for (const user of ['auth-proxy', 'tunnel-gateway', 'fleet-api', 'backup'] as const) {
  for (const stream of everyStream) {
    test(`T6: ${user} cannot delete, purge, change or thin out ${stream}`, async () => {
      const api = as(user).manager.streams;
      await refused(api.delete(stream));
      await refused(api.purge(stream));
      await refused(api.update(stream, { max_age: 1 }));
      await refused(api.deleteMessage(stream, 1));
    });
  }
  test(`T6: ${user} cannot make a stream that takes the hub’s subjects`, async () => {
    await refused(as(user).manager.streams.add({ name: 'EVIL', subjects: ['evil.>'], storage: 'memory' }));
  });
  test(`T6: ${user} cannot read the answers or requests of others`, async () => {
    const inbox = user === 'fleet-api' ? '_INBOX.auth-proxy.>' : '_INBOX.fleet-api.>';
    const other = as(user === 'fleet-api' ? 'auth-proxy' : 'fleet-api');
    let heard = 0;
    as(user).subscribe(inbox, () => heard++);
    as(user).subscribe('drover.v1.audit.>', () => heard++);
    as(user).subscribe('>', () => heard++);
    other.publish('drover.v1.evt.cluster.a.tunnel.opened', {});
    await refused(as(user).append('evil.subject', {}));
    assert.equal(heard, 0);
  });
}

for (const user of ['auth-proxy', 'tunnel-gateway', 'setup', 'backup'] as const) {
  test(`T6: ${user} cannot write, replace or delete an object of the hub`, async () => {
    const bus = as(user);
    await refused(bus.objects().create(objects.key(resources.users, undefined, 'evil'), Buffer.from('{}')));
    await refused(bus.append(`$KV.${objects.bucket}.${objects.key(resources.clusters, undefined, 'alpha')}`, {}));
    await refused(bus.objects().delete(objects.key(resources.clusters, undefined, 'alpha'), 1));
    await refused(bus.append('$KV.drover_desired.alpha', {}));
  });
}

test('T6: only auth-proxy appends to the audit', async () => {
  await as('auth-proxy').append(subjects.audit('alpha', 'alice'), {});
  await refused(as('tunnel-gateway').append(subjects.audit('alpha', 'alice'), {}));
  await refused(as('fleet-api').append(subjects.audit('alpha', 'alice'), {}));
  await refused(as('backup').append(subjects.audit('alpha', 'alice'), {}));
});

test('T6: nobody but fleet-api and backups reads passwords, and a gateway reads clusters only', async () => {
  const first = async (user: LocalNatsUser, resource: string) => {
    for await (const event of as(user).objects().watch(objects.all(resource))) return event.operation;
    return undefined;
  };
  assert.equal(await first('fleet-api', resources.passwords), 'put');
  assert.equal(await first('backup', resources.passwords), 'put');
  assert.equal(await first('auth-proxy', resources.clusters), 'put');
  assert.equal(await first('tunnel-gateway', resources.clusters), 'put');
  await refused(first('auth-proxy', resources.passwords));
  await refused(first('auth-proxy', resources.joinTokens));
  await refused(first('tunnel-gateway', resources.users));
  await refused(first('tunnel-gateway', resources.tokens));
  await refused(as('tunnel-gateway').objects().list('>'));
  await refused(
    as('tunnel-gateway')
      .objects()
      .get(objects.key(resources.passwords, undefined, 'alice')),
  );
});

test('T6: a consumer cannot get around that, by its body or by where it delivers', async () => {
  const { manager } = as('tunnel-gateway');
  const clusters = `$KV.${objects.bucket}.clusters.>`;
  // The API subject says clusters, the body says passwords: the server holds them together.
  const evil = {
    stream_name: bucket,
    config: pushConsumer(`$KV.${objects.bucket}.passwords.>`, '_INBOX.tunnel-gateway.x'),
  };
  await assert.rejects(async () => {
    const subject = `$JS.API.CONSUMER.CREATE.${bucket}.c1.${clusters}`;
    const reply = await as('tunnel-gateway').request<{ error?: { description: string } }>(subject, evil, {
      timeoutMs: 2_000,
    });
    throw new Error(reply.error?.description ?? 'was made');
  }, /does not match|filter/);
  // Delivering into the bucket itself would write objects with the server's own rights.
  await assert.rejects(
    manager.consumers.add(bucket, pushConsumer(clusters, `$KV.${objects.bucket}.users._.evil`)),
    /cycle/,
  );
  for (const stream of [streams.events, streams.audit]) {
    await refused(
      manager.consumers.add(stream.name, pushConsumer(stream.subjects[0] ?? '', '_INBOX.tunnel-gateway.y')),
    );
  }
});

test('T6: a gateway cannot answer in the place of fleet-api', async () => {
  await as('fleet-api').serve('fleet-api', 'enrol', async () => ({ outcome: 'refused' }));
  as('tunnel-gateway').subscribe(subjects.rpc('fleet-api', 'enrol'), () => assert.fail('heard a request'));
  const answer = await as('tunnel-gateway').request(subjects.rpc('fleet-api', 'enrol'), {}, { timeoutMs: 2_000 });
  assert.deepEqual(answer, { outcome: 'refused' });
  await refused(as('auth-proxy').request(subjects.rpc('fleet-api', 'enrol'), {}, { timeoutMs: 2_000 }));
});

test('T6: credentials of an earlier start, or none, are refused', async () => {
  const now = await mkdtemp(join(tmpdir(), 'drover-stack-'));
  const other = await ensureNatsAuthority(now);
  const forbidden = (error: unknown) => error instanceof DroverError && error.code === 'forbidden';
  await assert.rejects(connectBus({ url: nats.url, credsFile: other.credentials.setup, name: 'setup' }), forbidden);
  await assert.rejects(connectBus({ url: nats.url, name: 'setup' }), forbidden);
  await rm(now, { recursive: true });
});

test('the server takes messages of 4 MB', () => {
  assert.equal(as('setup').maxPayloadBytes, 4 * 1024 * 1024);
});

test('T31 every write is synced where the server knows how, and what its writes survive is said', async () => {
  const [major = 0, minor = 0] = as('setup').serverVersion.split('.').map(Number);
  const knows = major > 2 || minor >= 10;
  assert.equal(nats.durability, knows ? 'synced' : 'two-minutes');
  assert.equal(/sync_interval: always/.test(await readFile(join(folder, 'nats.conf'), 'utf8')), knows);
});

for (const [version, syncs] of [
  ['2.9.25', false],
  ['2.10.0', true],
  ['2.12.3', true],
] as const) {
  test(`T31 the configuration is written for nats-server ${version}, by what it says of itself`, async () => {
    const own = await mkdtemp(join(tmpdir(), 'drover-stack-'));
    try {
      const path = join(own, 'nats-server');
      await writeFile(path, `#!/bin/sh\n[ "$1" = --version ] && echo "nats-server: v${version}"\n`, { mode: 0o755 });
      // it ends at once
      await assert.rejects(startNats({ kind: 'program', path }, own, authority), { code: 'server-missing' });
      assert.equal(/sync_interval: always/.test(await readFile(join(own, 'nats.conf'), 'utf8')), syncs);
    } finally {
      await rm(own, { recursive: true });
    }
  });
}
