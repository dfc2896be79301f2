import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Background, eventually, freePorts, onPath, repositoryRoot, run, start } from '@drover/testing';
import { Agent, request } from 'undici';

// What docker-compose.yml and the chart do with the set-up and the services, as processes on loopback: the same commands,
// the same files, the same environment, with addresses and folders of this machine.
const missing = ['nats-server', 'redis-server'].filter(program => onPath(program) === undefined);
const skip = missing.length > 0 && `${missing.join(' and ')} not on the PATH (.ci/run installs them)`;
const startTimeoutMs = 60_000;
const parts = ['admin', 'auth-proxy', 'fleet-api', 'nats', 'redis', 'setup', 'tunnel-gateway'];

let folder: string;
let port: number;
const running = new AsyncDisposableStack();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-containers-'));
  running.defer(() => rm(folder, { recursive: true, force: true }));
  port = await freePorts(8);
});
after(() => running.disposeAsync());

const bundle = (part: string, file = ''): string => join(folder, 'services', part, file);
const address = (offset: number): string => `127.0.0.1:${port + offset}`;

async function setUp(env: Readonly<Record<string, string>> = {}): Promise<void> {
  const { code, stderr } = await run(process.execPath, ['libs/local-stack/src/setup.ts', 'folders'], {
    cwd: repositoryRoot,
    env: {
      DROVER_DATA_DIR: join(folder, 'hub'),
      DROVER_SECRETS_FOLDER: join(folder, 'services'),
      DROVER_SERVER_NAMES: 'hub.example.com',
      DROVER_REDIS_URL: `redis://${address(1)}`,
      ...env,
    },
  });
  assert.equal(code, 0, stderr);
}

async function contents(): Promise<Map<string, string>> {
  const files = await readdir(join(folder, 'services'), { recursive: true, withFileTypes: true });
  const paths = files.filter(file => file.isFile()).map(file => join(file.parentPath, file.name));
  return new Map(await Promise.all(paths.map(async path => [path, await readFile(path, 'utf8')] as const)));
}

/** Starts a service by its compose command; files are where the set-up wrote them, not under /run/drover. */
async function service(
  name: string,
  program: string,
  args: string[],
  env: Record<string, string>,
): Promise<Background> {
  const file = join(folder, `${name}.env`);
  await writeFile(file, (await readFile(bundle(name, 'service.env'), 'utf8')).replaceAll('/run/drover', bundle(name)));
  const process_ = start(process.execPath, [`--env-file=${file}`, program, ...args], {
    cwd: repositoryRoot,
    env: { DROVER_NATS_URL: `nats://${address(0)}`, ...env },
  });
  return process_;
}

test('T6: the set-up gives each part its own files, readable by their owner only, and no CA’s key', async () => {
  await setUp();
  assert.deepEqual((await readdir(join(folder, 'services'))).sort(), parts);
  const all = [...(await contents())];
  for (const [path] of all) assert.equal((await stat(path)).mode & 0o077, 0, path);
  // Who signs identities signs no sessions, and the other way round.
  assert.deepEqual(all.flatMap(([path, text]) => (text.includes('privateJwk') ? [path] : [])).sort(), [
    join(bundle('auth-proxy'), 'identity.json'),
    join(bundle('fleet-api'), 'session.json'),
  ]);
  const hub = join(folder, 'hub/pki');
  for (const ca of ['ca.key', 'internal-ca.key']) {
    const key = await readFile(join(hub, ca), 'utf8');
    for (const [path, text] of await contents()) assert.ok(!text.includes(key.trim()), `${path} holds ${ca}`);
  }
});

test('the set-up may run again while the hub runs: it changes nothing', async () => {
  const first = await contents();
  await setUp();
  assert.deepEqual(await contents(), first);
});

test('T9 a word that is new to the set-up rotates the identity keys, and the same word no second time', async () => {
  const first = await contents();
  await setUp({ DROVER_ROTATE_IDENTITY: 'one' });
  const second = await contents();
  const changed = [...second].filter(([path, text]) => first.get(path) !== text).map(([path]) => path);
  assert.deepEqual(changed.sort(), [
    bundle('auth-proxy', 'identity.json'),
    bundle('fleet-api', 'identity.jwks.json'),
    bundle('tunnel-gateway', 'identity.jwks.json'),
  ]);
  const jwks = JSON.parse(second.get(bundle('tunnel-gateway', 'identity.jwks.json')) ?? '');
  assert.equal(jwks.keys.length, 2);
  assert.equal(jwks.announcements.length, 1);
  await setUp({ DROVER_ROTATE_IDENTITY: 'one' });
  await setUp();
  assert.deepEqual(await contents(), second);
});

test('NATS, Redis, streams and services come up from what the set-up made, and the administrator can log in', {
  skip,
}, async () => {
  const conf = (part: string, file: string, changes: (text: string) => string) =>
    readFile(bundle(part, file), 'utf8').then(text => writeFile(bundle(part, file), changes(text)));
  await conf('nats', 'nats.conf', text =>
    text
      .replace('0.0.0.0:4222', address(0))
      .replace('0.0.0.0:8222', address(2))
      .replace('"/data"', `"${join(folder, 'jetstream')}"`)
      // the container’s server is of 2.11; Debian 12 has one that does not know the key
      .replace(/ *sync_interval: always\n/, ''),
  );
  await conf('redis', 'redis.conf', text =>
    text
      .replace('bind * -::*', 'bind 127.0.0.1')
      .replace('6379', String(port + 1))
      .replace('"/data"', `"${folder}"`),
  );
  running.use(start('nats-server', ['--config', bundle('nats', 'nats.conf')]));
  running.use(start('redis-server', [bundle('redis', 'redis.conf')]));

  const streams = await service('setup', 'libs/local-stack/src/setup.ts', ['streams'], {});
  assert.equal(await streams.exited, 0, streams.stderr());

  const url = `https://${address(3)}`;
  const services = [
    await service('fleet-api', 'services/fleet-api/src/main.ts', [], {
      DROVER_LISTEN: address(4),
      DROVER_PUBLIC_URL: url,
      DROVER_TUNNEL_URLS: `https://${address(5)}`,
      DROVER_AGENT_IMAGE: 'drover:test',
    }),
    await service('tunnel-gateway', 'services/tunnel-gateway/src/main.ts', [], {
      DROVER_LISTEN: address(5),
      DROVER_HOP_LISTEN: address(6),
      DROVER_HOP_ADVERTISE: address(6),
    }),
    await service('auth-proxy', 'services/auth-proxy/src/main.ts', [], {
      DROVER_LISTEN: address(3),
      DROVER_FLEET_API: `https://${address(4)}`,
      DROVER_DATA_DIR: join(folder, 'spool'),
    }),
  ];
  for (const process_ of services) running.use(process_);

  const dispatcher = new Agent({ connect: { ca: await readFile(bundle('admin', 'ca.crt')) } });
  running.defer(() => dispatcher.close());
  const body = JSON.stringify({
    username: 'admin',
    password: await readFile(bundle('admin', 'admin-password'), 'utf8'),
  });
  const headers = { 'content-type': 'application/json' };
  const token = await eventually(
    async () => {
      const answer = await request(`${url}/v1/login`, { dispatcher, method: 'POST', headers, body }).catch(
        () => undefined,
      );
      const text = await answer?.body.text();
      return answer?.statusCode === 201 ? String(JSON.parse(text ?? '{}').token) : undefined;
    },
    { timeoutMs: startTimeoutMs },
  ).catch(error => {
    throw new Error(`${error}\n${services.map(process_ => process_.stderr()).join('\n')}`);
  });
  const clusters = await request(`${url}/apis/drover.dev/v1/clusters`, {
    dispatcher,
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(clusters.statusCode, 200, await clusters.body.text());
});
