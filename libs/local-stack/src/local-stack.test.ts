import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DroverError } from '@drover/errors';
import { callHub } from './hub-client.ts';
import { type LocalStack, startLocalStack } from './local-stack.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-stack-'));
});
after(() => rm(folder, { recursive: true }));

const start = (name: string, more: Partial<Parameters<typeof startLocalStack>[0]> = {}): Promise<LocalStack> =>
  startLocalStack({ dataDir: join(folder, name), logLevel: 'error', ...more });

const adminToken = async ({ dataDir }: { dataDir: string }): Promise<string> =>
  /token: (drv_\S+)/.exec(await readFile(join(dataDir, 'admin.kubeconfig'), 'utf8'))?.[1] ?? '';

const names = async (hub: LocalStack, resource: string): Promise<string[]> => {
  const path = `/apis/drover.dev/v1/${resource}`;
  const { status, body } = await callHub({ url: hub.url, ca: hub.ca, path, token: await adminToken(hub) });
  assert.equal(status, 200, JSON.stringify(body));
  return (body as { items: { metadata: { name: string } }[] }).items.map(item => item.metadata.name);
};

test('a first start makes a hub that its administrator can use; a second finds all of it', async () => {
  const first = await start('twice');
  assert.deepEqual(await names(first, 'users'), ['admin']);
  const token = await adminToken(first);
  const made = await callHub({
    url: first.url,
    ca: first.ca,
    path: '/apis/drover.dev/v1/clusters',
    method: 'POST',
    token,
    body: { apiVersion: 'drover.dev/v1', kind: 'Cluster', metadata: { name: 'alpha' }, spec: {} },
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { url } = first;
  await first.close();
  await assert.rejects(callHub({ url, ca: first.ca, path: '/readyz' }));
  await using second = await start('twice');
  assert.equal(second.url, url);
  assert.equal(await adminToken(second), token);
  assert.deepEqual(await names(second, 'clusters'), ['alpha']);
});

test('secrets are closed to others; admin-password is not made again once it was removed', async () => {
  const first = await start('secrets');
  const { dataDir } = first;
  assert.equal((await stat(dataDir)).mode & 0o777, 0o700);
  const secret = /\.key$|\.creds$|\.conf$|identity\.json$|authority\.json$|admin-password$|admin\.kubeconfig$/;
  const secrets = (await readdir(dataDir, { recursive: true })).filter(name => secret.test(name));
  assert.ok(secrets.length > 10, secrets.join());
  for (const name of secrets) assert.equal((await stat(join(dataDir, name))).mode & 0o777, 0o600, name);
  await first.close();
  await rm(join(dataDir, 'admin-password'));
  await using second = await start('secrets');
  await assert.rejects(stat(join(dataDir, 'admin-password')));
  assert.deepEqual(await names(second, 'users'), ['admin']);
});

test('a second hub on the same folder is refused, and the first goes on', async () => {
  await using first = await start('locked');
  await assert.rejects(
    start('locked'),
    (error: unknown) =>
      error instanceof DroverError && error.code === 'config-invalid' && error.message.includes(first.url),
  );
  assert.deepEqual(await names(first, 'users'), ['admin']);
});

test('a start that fails half-way leaves the folder free', async () => {
  const abort = new AbortController();
  const starting = start('aborted', { signal: abort.signal, say: () => abort.abort() });
  abort.abort();
  await assert.rejects(starting);
  await using hub = await start('aborted');
  assert.ok(hub.url);
});

for (const args of [[], ['--processes', '--auth-proxies', '1', '--gateways', '2']]) {
  test(`npm start ${args.join(' ')}: ready, stopped by Ctrl-C in time; killed, it leaves no server and no lock`, async () => {
    const dataDir = join(folder, `main${args.length}`);
    const { ready, child } = await npmStart(dataDir, args);
    assert.match(ready, /^drover ready https:\/\/127\.0\.0\.1:\d+$/);
    // A terminal sends it to the whole group. It ends with code 1 where not everything has stopped within ten seconds.
    process.kill(-(child.pid ?? 0), 'SIGINT');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.deepEqual(await processesOn(dataDir), []);
    const again = await npmStart(dataDir, args);
    assert.equal(again.ready, ready);
    again.child.kill('SIGKILL');
    await once(again.child, 'exit');
    while ((await processesOn(dataDir)).length > 0) await delay(20);
    await using hub = await startLocalStack({ dataDir, logLevel: 'error' });
    assert.deepEqual(await names(hub, 'users'), ['admin']);
  });
}

async function npmStart(dataDir: string, args: readonly string[]) {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const env = { ...process.env, DROVER_DATA_DIR: dataDir, DROVER_LISTEN: '127.0.0.1:0', DROVER_LOG_LEVEL: 'error' };
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('drover ready')) return { ready: line, child };
  }
  return { ready: 'it ended', child };
}

/** The processes that name the folder on their command line or in their environment. */
async function processesOn(dataDir: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name) && name !== String(process.pid))) {
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const text = (await read('cmdline')) + (await read('environ'));
    if (text.includes(`${dataDir}/`)) found.push(`${pid} ${text.slice(0, 100)}`);
  }
  return found;
}
