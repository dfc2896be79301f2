import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { startTestHub, type TestHub } from './hub-for-tests.ts';
import { type CommandOptions, type CommandResult, runCommand } from './run-for-tests.ts';

let hub: TestHub;
let other: TestHub;
let folder: string;
let fingerprint: string;

before(async () => {
  [hub, other] = await Promise.all([startTestHub(), startTestHub()]);
  fingerprint = `sha256:${new X509Certificate(hub.ca).fingerprint256.replaceAll(':', '').toLowerCase()}`;
});
after(async () => {
  await Promise.all([hub[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
});
beforeEach(async t => {
  const made = await mkdtemp(join(tmpdir(), 'drover-trust-'));
  folder = made;
  hub.seen.length = 0;
  if ('after' in t) t.after(() => rm(made, { recursive: true }));
});

const login = (flags: readonly string[] = [], options: Partial<CommandOptions> = {}): Promise<CommandResult> =>
  runCommand(['login', hub.url, '--user', 'alice', '--password-file', '-', ...flags], {
    folder,
    input: 'the password\n',
    ...options,
  });
const lines = (): string[] => hub.seen.map(({ line }) => line);
const keptCa = async (): Promise<unknown> =>
  JSON.parse(await readFile(join(folder, 'config/config.json'), 'utf8')).hubs[hub.url].ca;

/** Nothing that the hub got is a secret, or worth stealing. */
function nothingSecretSent(): void {
  assert.deepEqual(
    hub.seen.filter(({ line, body, authorization }) => line !== 'GET /v1/hub' || body !== '' || authorization),
    [],
  );
}

/** A hub's data folder, as a start leaves it. */
async function dataFolder(url: string, ca: string): Promise<string> {
  const path = join(folder, '.drover');
  await mkdir(join(path, 'pki'), { recursive: true, mode: 0o700 });
  await writeFile(join(path, 'state.json'), JSON.stringify({ url }), { mode: 0o600 });
  await writeFile(join(path, 'pki/ca.crt'), ca, { mode: 0o644 });
  return path;
}

test('T9: an unknown hub gets nothing secret where nobody can be asked, and the error tells the options', async () => {
  const { code, stderr } = await login();
  assert.equal(code, 1);
  assert.match(stderr, /^drover: .* not trusted yet.*--ca-file.*--ca-fingerprint/);
  nothingSecretSent();
});

test('T9: --ca-file trusts the hub by this CA', async () => {
  const { code, stdout } = await login(['--ca-file', hub.caFile]);
  assert.equal(code, 0);
  assert.equal(stdout, `signed in to ${hub.url} as alice until 2030-01-01T00:00:00Z\n`);
  assert.equal(await keptCa(), hub.ca);
});

test('T9: another CA in --ca-file: nothing secret is sent', async () => {
  const { code, stderr } = await login(['--ca-file', other.caFile]);
  assert.equal(code, 1);
  assert.match(stderr, /not signed by a CA that is trusted here/);
  nothingSecretSent();
});

test('T9: --ca-fingerprint, in any usual spelling, trusts the CA of this fingerprint only', async () => {
  const digits = fingerprint.slice('sha256:'.length);
  for (const spelling of [fingerprint, digits.toUpperCase(), digits.replace(/..(?=.)/g, '$&:')]) {
    assert.equal((await login(['--ca-fingerprint', spelling])).code, 0, spelling);
    assert.equal(await keptCa(), hub.ca);
  }
  hub.seen.length = 0;
  const wrong = await login(['--ca-fingerprint', `sha256:${'0'.repeat(64)}`]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, new RegExp(`has the fingerprint ${fingerprint}`));
  nothingSecretSent();
});

test('T9: a man in the middle who shows the right CA, but has no certificate of it, gets nothing secret', async () => {
  const answer = other.answers.get('GET /v1/hub');
  other.answers.set('GET /v1/hub', { id: 'hub-1', url: other.url, version: '1', ca: hub.ca });
  other.seen.length = 0;
  const args = ['login', other.url, '--user', 'a', '--password-file', '-', '--ca-fingerprint', fingerprint];
  const { code, stderr } = await runCommand(args, { folder, input: 'the password' });
  assert.equal(code, 1);
  assert.match(stderr, /not signed by a CA that is trusted here/);
  assert.ok(other.seen.every(({ body }) => body === ''));
  other.answers.set('GET /v1/hub', answer ?? {});
});

test('T9: a person sees the fingerprint, and only a yes sends the password', async () => {
  for (const typed of [['no'], ['y'], ['']]) {
    const { code, stderr } = await login([], { typed });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(fingerprint));
    nothingSecretSent();
  }
  assert.equal((await login([], { typed: ['yes'] })).code, 0);
  assert.equal(await keptCa(), hub.ca);
});

test('T9: the data folder of a hub on this machine vouches for that hub', async () => {
  const { code } = await login([], { dataFolder: await dataFolder(hub.url, hub.ca) });
  assert.equal(code, 0);
  assert.equal(await keptCa(), hub.ca);
});

test('T9: the data folder of another hub, or one that others may write, vouches for nothing', async () => {
  assert.equal((await login([], { dataFolder: await dataFolder(other.url, hub.ca) })).code, 1);
  const path = await dataFolder(hub.url, hub.ca);
  for (const file of ['.', 'state.json', 'pki', 'pki/ca.crt']) {
    await chmod(join(path, file), 0o777);
    assert.equal((await login([], { dataFolder: path })).code, 1, file);
    await chmod(join(path, file), 0o700);
  }
  nothingSecretSent();
  assert.equal((await login([], { dataFolder: path })).code, 0);
});

test('T9: a hub that is known is trusted as before, and another CA is told from it', async () => {
  await login(['--ca-file', hub.caFile]);
  assert.equal((await login()).code, 0);
  const kept = JSON.parse(await readFile(join(folder, 'config/config.json'), 'utf8'));
  kept.hubs[hub.url].ca = other.ca;
  await writeFile(join(folder, 'config/config.json'), JSON.stringify(kept));
  hub.seen.length = 0;
  const { code, stderr } = await login();
  assert.equal(code, 1);
  assert.match(stderr, /not of the CA that was trusted at the last login/);
  nothingSecretSent();
  // the way out that the error names
  assert.match(stderr, new RegExp(`drover logout ${hub.url} --forget`));
  assert.equal((await runCommand(['logout', hub.url, '--forget'], { folder })).code, 0);
  assert.equal((await login([], { typed: ['yes'] })).code, 0);
});

test('T9: a session’s token goes to no hub whose certificate changed', async () => {
  await login(['--ca-file', hub.caFile]);
  const kept = JSON.parse(await readFile(join(folder, 'config/config.json'), 'utf8'));
  kept.hubs[hub.url].ca = other.ca;
  await writeFile(join(folder, 'config/config.json'), JSON.stringify(kept));
  hub.seen.length = 0;
  assert.equal((await runCommand(['status'], { folder })).code, 1);
  assert.deepEqual(lines(), []);
});

test('a certificate of other names says which setting helps', async () => {
  await using named = await startTestHub({ names: 'DNS:hub.example.com' });
  const args = ['login', named.url, '--user', 'a', '--password-file', '-', '--ca-file', named.caFile];
  const { code, stderr } = await runCommand(args, { folder, input: 'x' });
  assert.equal(code, 1);
  assert.match(stderr, /for other names.*DROVER_SERVER_NAMES/);
  assert.deepEqual(named.seen, []);
});
