import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { systemClock } from '@drover/async';
import { type CommandOptions, type CommandResult, runCommand } from '@drover/cli/testing';
import { eventually, kubectl as newestKubectl, type RunResult, repositoryRoot, run } from '@drover/testing';
import { passwordOf, startTestHub, type TestHub } from '../threats/hub.ts';
import { browse } from './test-browser.ts';

/** The exec plugin and sign-in of the command line, against a real hub, with kubectl. */

const minute = 60_000;
let hub: TestHub;
let kubectlProgram: string;
/** How far the hub's time is ahead of this machine's. */
let aheadMs = 0;
/** Of each test: the configuration of a person on a machine. */
let folder: string;

before(async () => {
  kubectlProgram = await newestKubectl();
  const clock = { ...systemClock, now: () => Date.now() + aheadMs };
  hub = await startTestHub({ clock, demo: true });
  await hub.createUser('alice', ['admins']);
});
after(() => hub[Symbol.asyncDispose]());

beforeEach(async t => {
  folder = await mkdtemp(join(tmpdir(), 'drover-sign-in-'));
  if ('after' in t) t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'ca.crt'), hub.ca);
  await writeFile(join(folder, 'ahead'), '0');
  const browser = join(import.meta.dirname, 'test-browser.ts');
  const args = `"$1" alice '${passwordOf('alice')}' '${join(folder, 'ca.crt')}'`;
  await executable('browser', `echo "$1" >> '${folder}/opened'; exec '${process.execPath}' '${browser}' ${args}`);
  const ahead = join(import.meta.dirname, 'drover-ahead.ts');
  await executable('drover-ahead', `DROVER_TEST_FOLDER='${folder}' exec '${process.execPath}' '${ahead}' "$@"`);
});

async function executable(name: string, line: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${line}\n`);
  await chmod(join(folder, name), 0o755);
}

const drover = (args: readonly string[], options: Partial<CommandOptions> = {}): Promise<CommandResult> =>
  runCommand(args, { folder, now: new Date(Date.now() + aheadMs).toISOString(), ...options });
const done = async (args: readonly string[], options: Partial<CommandOptions> = {}): Promise<CommandResult> => {
  const result = await drover(args, options);
  assert.equal(result.code, 0, `drover ${args.join(' ')}: ${result.stdout}${result.stderr}`);
  return result;
};
const login = (): Promise<CommandResult> =>
  done(['login', hub.url, '--ca-file', join(folder, 'ca.crt'), '--user', 'alice', '--password-file', '-'], {
    input: passwordOf('alice'),
  });

/** A kubeconfig whose contexts call `launcher`. */
async function kubeconfig(launcher: string): Promise<string> {
  const { stdout } = await done(['kubeconfig']);
  const file = join(folder, 'kubeconfig');
  await writeFile(file, stdout.replaceAll('/opt/drover/bin/drover', launcher));
  return file;
}

const realLauncher = join(repositoryRoot, 'cli/bin/drover');
const env = (): Record<string, string> => ({
  DROVER_CONFIG_DIR: join(folder, 'config'),
  DROVER_BROWSER: join(folder, 'browser'),
  KUBECONFIG: join(folder, 'kubeconfig'),
  KUBECACHEDIR: join(folder, 'cache'),
});
const kubectl = (args: string): Promise<RunResult> => run(kubectlProgram, args.split(' '), { env: env() });
/** As a person would, at a terminal: standard output and error are one there. */
const kubectlAtTerminal = (args: string): Promise<RunResult> =>
  run('script', ['-qec', `${kubectlProgram} ${args}`, '/dev/null'], { env: env() });
const opened = async (): Promise<number> =>
  (await readFile(join(folder, 'opened'), 'utf8').catch(() => '')).split('\n').filter(line => line !== '').length;

/** How often credentials were asked for at the hub; its audit is complete a moment later. */
async function tokenRequests(): Promise<number> {
  const count = async (): Promise<number> =>
    (await hub.audit()).filter(({ path }) => path === '/v1/oauth/token').length;
  // The audit is in order: once a later request is in it, so are all before.
  const mark = `/v1/mark-${crypto.randomUUID()}`;
  await hub.call(mark);
  await eventually(async () => (await hub.audit()).some(({ path }) => path === mark));
  return count();
}

/** Signed out of the hub, but with a kubeconfig, as on the first day after the weekend. */
async function signedOut(launcher: string): Promise<void> {
  await login();
  await kubeconfig(launcher);
  await done(['logout']);
}

test('kubectl opens the browser at first use, and then asks nobody for an hour', async () => {
  await signedOut(join(folder, 'drover-ahead'));
  const start = await tokenRequests();
  const first = await kubectlAtTerminal('--context hub get clusters');
  assert.match(first.stdout, /^demo /m, first.stdout);
  assert.equal(await opened(), 1);
  try {
    for (let passed = 5; passed <= 60; passed += 5) {
      aheadMs = passed * minute;
      await writeFile(join(folder, 'ahead'), String(aheadMs));
      const { code, stdout, stderr } = await kubectl('--context hub get clusters');
      assert.equal(code, 0, `after ${passed} minutes: ${stderr}`);
      assert.match(stdout, /^demo /m);
      assert.equal(stderr, '');
    }
  } finally {
    aheadMs = 0;
  }
  assert.equal(await opened(), 1);
  const renewals = (await tokenRequests()) - start - 1;
  assert.ok(renewals >= 6 && renewals <= 13, `${renewals} renewals in an hour`);
});

test('twenty kubectl at once make one request for a credential', async () => {
  await login();
  await kubeconfig(realLauncher);
  const start = await tokenRequests();
  const results = await Promise.all(Array.from({ length: 20 }, () => kubectl('--context demo get ns -o name')));
  for (const { code, stdout, stderr } of results) assert.equal(code, 0, stdout + stderr);
  assert.equal((await tokenRequests()) - start, 1);
  for (const name of await readdir(join(folder, 'config/access'))) {
    assert.equal((await stat(join(folder, 'config/access', name))).mode & 0o777, 0o600, name);
    assert.doesNotMatch(name, /lock/);
  }
});

test('without a terminal nothing is opened: kubectl fails and says how to sign in', async () => {
  await signedOut(realLauncher);
  const { code, stderr } = await kubectl('--context demo get pods');
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`drover: you are not signed in to ${hub.url}; run \`drover login ${hub.url}\``));
  assert.match(stderr, /exit code 1/);
  assert.equal(await opened(), 0);
});

test('T5 a session that was ended elsewhere is over here, and so are its credentials', async () => {
  await login();
  await kubeconfig(realLauncher);
  assert.equal((await kubectl('--context demo get ns')).code, 0);
  const other = await drover(['sessions', '-o', 'json']);
  const own = JSON.parse(other.stdout).find(({ current }: { current: boolean }) => current);
  const listed = await done(['sessions']);
  assert.match(listed.stdout, new RegExp(`^${own.id} +local +cli .*this one$`, 'm'));
  await hub.call(`/v1/sessions/${own.id}`, { method: 'DELETE', token: hub.adminToken });
  await eventually(async () => (await kubectl('--context demo get ns')).code !== 0);
  // what is in the cache is refused by the hub; what renews it too
  await rm(join(folder, 'config/access'), { recursive: true });
  const { code, stderr } = await kubectl('--context demo get ns');
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`drover: your session at ${hub.url} has ended .*; run \`drover login ${hub.url}\``));
  assert.match((await drover(['credential'])).stderr, /not signed in/, 'it is not tried again');
});

test('a cache that was damaged is made anew, and a damaged configuration is told', async () => {
  await login();
  const [name = ''] = await readdir(join(folder, 'config/access'));
  await writeFile(join(folder, 'config/access', name), '{"version":1,"cred');
  await done(['credential']);
  assert.equal((await stat(join(folder, 'config/access', name))).mode & 0o777, 0o600);
  await writeFile(join(folder, 'config/config.json'), '{');
  const { code, stdout, stderr } = await drover(['credential']);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /config\.json is damaged .*`drover login`/);
});

test('a credential for a cluster is good for that cluster and for nothing else, and ends when it says', async () => {
  await login();
  const { status } = JSON.parse((await done(['credential', '--hub', hub.url, '--cluster', 'demo'])).stdout);
  const token: string = status.token;
  const [, payload = ''] = token.split('.');
  const { exp, clusters } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  assert.deepEqual(clusters, ['demo']);
  assert.ok(Math.abs(exp * 1000 - Date.parse(status.expirationTimestamp)) <= 2000);
  assert.equal((await hub.call('/k8s/clusters/demo/api/v1/namespaces', { token })).status, 200);
  assert.equal((await hub.call('/apis/drover.dev/v1/users', { token })).status, 403);
  const all = JSON.parse((await done(['credential'])).stdout).status.token;
  assert.equal((await hub.call('/apis/drover.dev/v1/users', { token: all })).status, 200);
});

test('a machine without a browser shows a code', async () => {
  const options = ['login', hub.url, '--ca-file', join(folder, 'ca.crt'), '--device'];
  let told = '';
  let allowed: Promise<string> | undefined;
  const { stdout } = await done(options, {
    onNote: text => {
      told += text;
      const code = /code ([A-Z]{4}-[A-Z]{4})\./.exec(told)?.[1];
      if (code === undefined || allowed !== undefined) return;
      const person = { user: 'alice', password: passwordOf('alice'), fields: { user_code: code } };
      allowed = browse(`${hub.url}/device`, person, hub.ca);
    },
  });
  await allowed;
  assert.match(stdout, /as alice until/);
  assert.match(JSON.parse((await done(['credential'])).stdout).status.token, /^ey/);
});

test('tokens are made, rotated and revoked, and a user is revoked as a whole', async () => {
  await login();
  const works = async (token: string): Promise<boolean> =>
    (await hub.call('/k8s/clusters/demo/api/v1/namespaces', { token })).status !== 401;
  const made = await done(['token', 'create', '--description', 'ci', '--ttl', '1h', '--cluster', 'demo']);
  const token = made.stdout.trim();
  assert.match(token, /^drv_/);
  assert.equal(made.guarded, true);
  await eventually(() => works(token));
  const name = token.split('_')[1] ?? '';
  const rotated = (await done(['token', 'rotate', name, '--grace', '10m'])).stdout.trim();
  await eventually(() => works(rotated));
  assert.equal(await works(token), true, 'in its grace');
  const last = (await done(['token', 'rotate', name, '--grace', '0s'])).stdout.trim();
  await eventually(async () => (await works(last)) && !(await works(rotated)) && !(await works(token)));
  await done(['token', 'revoke', name]);
  await eventually(async () => !(await works(last)));

  await hub.createUser('bob');
  const bobs = JSON.parse((await done(['token', 'create', '--user', 'bob', '-o', 'json'])).stdout).token;
  await eventually(() => works(bobs));
  assert.match((await done(['revoke', '--user', 'bob'])).stdout, /every session and token of bob/);
  await eventually(async () => !(await works(bobs)));
});

test('a first password that somebody else chose is changed when its user signs in', async () => {
  await login();
  const [first, chosen] = ['a first password', 'a password of his own'];
  await writeFile(join(folder, 'first'), first);
  await writeFile(join(folder, 'chosen'), chosen);
  await done(['user', 'create', 'newcomer', '--password-file', join(folder, 'first'), '--must-change']);
  const signIn = (file: string, ...more: string[]): Promise<CommandResult> =>
    drover(['login', hub.url, '--user', 'newcomer', '--password-file', join(folder, file), ...more]);
  const refused = await signIn('first');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /--new-password-file/);
  assert.doesNotMatch(refused.stderr, /administrator/, 'he can act on it himself');
  const changed = await signIn('first', '--new-password-file', join(folder, 'chosen'));
  assert.equal(changed.code, 0, changed.stderr);
  assert.equal((await signIn('first')).code, 1);
  assert.equal((await signIn('chosen')).code, 0);
});

test('a hub that is away is told, and what is left of the last credential still counts', async () => {
  await login();
  const [name = ''] = await readdir(join(folder, 'config/access'));
  const file = join(folder, 'config', 'config.json');
  const nobody = 'https://127.0.0.1:9';
  const config = (await readFile(file, 'utf8')).replaceAll(hub.url, nobody);
  await writeFile(file, config);
  const cached = JSON.parse(await readFile(join(folder, 'config/access', name), 'utf8'));
  const away = await drover(['credential']);
  assert.deepEqual([away.code, away.stdout], [1, '']);
  assert.match(away.stderr, /https:\/\/127\.0\.0\.1:9 cannot be reached \(nothing listens there\)/);
  // with a credential that ends in half a minute
  const { createHash } = await import('node:crypto');
  const other = `${createHash('sha256').update(nobody).digest('hex').slice(0, 16)}.json`;
  const expiresAt = new Date(Date.now() + 30_000).toISOString();
  cached.credentials[''] = { ...cached.credentials[''], expiresAt };
  await writeFile(join(folder, 'config/access', other), JSON.stringify(cached));
  assert.equal(JSON.parse((await done(['credential'])).stdout).status.expirationTimestamp, expiresAt);
});
