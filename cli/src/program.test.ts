import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { DroverError } from '@drover/errors';
import { parse } from 'yaml';
import {
  accessEnd,
  sessionEnd,
  sessionId,
  startTestHub,
  type TestHub,
  testAccess,
  testSession,
} from './hub-for-tests.ts';
import { type CommandOptions, type CommandResult, runCommand } from './run-for-tests.ts';

let hub: TestHub;
let folder: string;
let answers: [string, object | DroverError][];

before(async () => {
  hub = await startTestHub();
  answers = [...hub.answers];
});
after(() => hub[Symbol.asyncDispose]());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-program-'));
  for (const [line, answer] of answers) hub.answers.set(line, answer);
  const { code, stderr } = await drover(
    ['login', hub.url, '--user', 'alice', '--password-file', '-', '--ca-file', hub.caFile],
    { input: 'pass word\n' },
  );
  assert.equal(code, 0, stderr);
  login = hub.seen.at(-1)?.body ?? '';
  hub.seen.length = 0;
});
afterEach(() => rm(folder, { recursive: true }));

let login: string;
const drover = (args: readonly string[], options: Partial<CommandOptions> = {}): Promise<CommandResult> =>
  runCommand(args, { folder, ...options });
const configFile = (): string => join(folder, 'config/config.json');

test('a login sends the password once, and keeps the session for its owner only', async () => {
  assert.deepEqual(JSON.parse(login), { username: 'alice', password: 'pass word' });
  assert.equal((await stat(join(folder, 'config'))).mode & 0o777, 0o700);
  assert.equal((await stat(configFile())).mode & 0o777, 0o600);
  const kept = await readFile(configFile(), 'utf8');
  assert.doesNotMatch(kept, /pass word/);
  assert.equal(JSON.parse(kept).hubs[hub.url].session.credential, testSession);
  const [cache = ''] = await readdir(join(folder, 'config/access'));
  assert.equal((await stat(join(folder, 'config/access'))).mode & 0o777, 0o700);
  assert.equal((await stat(join(folder, 'config/access', cache))).mode & 0o777, 0o600);
});

test('a person is asked for what the options do not say, and --ttl asks for a shorter session', async () => {
  const { code } = await drover(['login', hub.url, '--user', 'bob', '--ttl', '30m'], { typed: ['typed'] });
  assert.equal(code, 0);
  const { body } = hub.seen.at(-1) ?? { body: '' };
  assert.deepEqual(JSON.parse(body), { username: 'bob', password: 'typed', ttlSeconds: 1800 });
});

test('a wrong password is told in the hub’s words, and the earlier session stays', async () => {
  hub.answers.set('POST /v1/login', new DroverError('unauthenticated', 'the user or the password is wrong'));
  const { code, stderr, stdout } = await drover(['login', hub.url, '--user', 'a', '--password-file', '-'], {
    input: 'x',
  });
  assert.deepEqual(
    { code, stderr, stdout },
    { code: 1, stdout: '', stderr: `drover: ${hub.url} refused: the user or the password is wrong\n` },
  );
  assert.equal((await drover(['credential'])).code, 0);
});

test('the exec plugin prints what client-go reads, with no request', async () => {
  const { code, stdout } = await drover(['credential', '--hub', hub.url]);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: testAccess, expirationTimestamp: accessEnd },
  });
  assert.deepEqual(hub.seen, []);
});

test('a session that has ended is told, by the exec plugin and by commands, and its token is not used', async () => {
  for (const args of [['credential'], ['status'], ['kubeconfig']]) {
    const { code, stdout, stderr } = await drover(args, { now: sessionEnd });
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.equal(
      stderr,
      `drover: your session at ${hub.url} ended at ${sessionEnd}; run \`drover login ${hub.url}\`\n`,
    );
  }
  assert.deepEqual(hub.seen, []);
});

test('a kubeconfig has a context for each cluster and one for the hub, and no secret (T19)', async () => {
  const { code, stdout, stderr } = await drover(['kubeconfig', 'beta']);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stdout, /drv_/);
  const config = parse(stdout);
  assert.equal(config['current-context'], 'beta');
  const data = Buffer.from(hub.ca).toString('base64');
  assert.deepEqual(config.clusters, [
    { name: 'beta', cluster: { server: `${hub.url}/k8s/clusters/beta`, 'certificate-authority-data': data } },
    { name: 'hub', cluster: { server: hub.url, 'certificate-authority-data': data } },
  ]);
  assert.deepEqual(config.contexts, [
    { name: 'beta', context: { cluster: 'beta', user: 'drover-beta' } },
    { name: 'hub', context: { cluster: 'hub', user: 'drover' } },
  ]);
  const [{ user }] = config.users;
  assert.equal(user.exec.command, '/opt/drover/bin/drover');
  assert.deepEqual(user.exec.args, ['credential', '--hub', hub.url, '--cluster', 'beta']);
  assert.equal(user.exec.apiVersion, 'client.authentication.k8s.io/v1');
  assert.equal(user.exec.interactiveMode, 'IfAvailable');
});

test('--all and no name are every cluster, of every page', async () => {
  for (const args of [['kubeconfig'], ['kubeconfig', '--all']]) {
    const { contexts } = parse((await drover(args)).stdout);
    assert.deepEqual(
      contexts.map(({ name }: { name: string }) => name),
      ['alpha', 'beta', 'hub'],
    );
  }
});

test('--token puts a token inside that is good for the named clusters, and guards the file', async () => {
  const { stdout, guarded, stderr } = await drover(['kubeconfig', 'alpha', '--token', '--ttl', '2h']);
  const { body } = hub.seen.at(-1) ?? { body: '' };
  const { clusters, ttlSeconds } = JSON.parse(body);
  assert.deepEqual({ clusters, ttlSeconds }, { clusters: ['alpha'], ttlSeconds: 7200 });
  const config = parse(stdout);
  assert.deepEqual(config.users, [{ name: 'drover-alpha', user: { token: 'drv_minted' } }]);
  assert.equal(config.contexts.length, 1);
  assert.equal(guarded, true);
  assert.match(stderr, /secret, the token minted, good until/);
  const all = parse((await drover(['kubeconfig', '--token'])).stdout);
  assert.equal(all.contexts.at(-1).name, 'hub');
  assert.equal('clusters' in JSON.parse(hub.seen.at(-1)?.body ?? ''), false);
});

test('an unknown cluster is told with those that there are, and nothing is printed or minted', async () => {
  const { code, stdout, stderr } = await drover(['kubeconfig', 'gamma', '--token']);
  assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
  assert.match(stderr, /^drover: no cluster is named gamma at .* \(it has alpha, beta\); see `drover cluster list`\n$/);
  assert.ok(hub.seen.every(({ line }) => line.startsWith('GET ')));
});

test('cluster import prints the command, the manifest, the join file, or all of it, and guards the file', async () => {
  const join = { apiVersion: 'drover.dev/v1', kind: 'ClusterJoin', expiresAt: sessionEnd, joinToken: 'drj_x' };
  const offer = { join, manifest: 'kind: Namespace\n', command: 'curl … | kubectl apply -f -' };
  hub.answers.set('POST /v1/clusters/gamma/join', offer);
  const outputs = new Map<string, (stdout: string) => unknown>([
    ['yaml', stdout => stdout === offer.manifest],
    ['join', stdout => assert.deepEqual(parse(stdout), join)],
    ['json', stdout => assert.deepEqual(JSON.parse(stdout), offer)],
  ]);
  for (const [form, check] of outputs) {
    const { code, stdout, guarded } = await drover(['cluster', 'import', 'gamma', '-o', form, '--ttl', '1h']);
    assert.deepEqual({ code, guarded }, { code: 0, guarded: true });
    assert.notEqual(check(stdout), false);
    assert.equal(hub.seen.at(-1)?.body, '{"ttlSeconds":3600}');
  }
  const plain = await drover(['cluster', 'import', 'gamma']);
  assert.equal(plain.stdout, `${offer.command}\n`);
  assert.match(plain.stderr, /where kubectl reaches the cluster gamma, until 2030/);
});

test('what the hub refuses is told in its words, with exit code 1', async () => {
  hub.answers.set('POST /v1/clusters/gamma/join', new DroverError('forbidden', 'alice is no administrator'));
  assert.deepEqual(await drover(['cluster', 'import', 'gamma']), {
    code: 1,
    stdout: '',
    stderr: `drover: ${hub.url} refused: alice is no administrator; ask an administrator of the hub\n`,
    guarded: false,
  });
  hub.answers.set('POST /v1/clusters/gamma/join', new DroverError('unauthenticated', 'Unauthorized'));
  assert.match((await drover(['cluster', 'import', 'gamma'])).stderr, new RegExp(`run \`drover login ${hub.url}\``));
  hub.answers.set('POST /v1/clusters/gamma/join', { hello: 'world' });
  assert.match((await drover(['cluster', 'import', 'gamma'])).stderr, /^drover: .*join file/);
});

test('cluster list and status show the fleet', async () => {
  assert.equal((await drover(['cluster', 'list', '-o', 'name'])).stdout, 'alpha\nbeta\n');
  assert.equal(
    (await drover(['cluster', 'list'])).stdout,
    'NAME    STATUS         KUBERNETES\nalpha   connected      v1.30.0\nbeta    disconnected\n',
  );
  const { stdout } = await drover(['status'], { now: '2029-06-04T00:00:00Z' });
  assert.match(stdout, /drover 1\.2\.3, signed in as alice until 2030-01-01T00:00:00Z\n2 clusters, 1 connected\n/);
  assert.match(stdout, /\nalpha +connected +v1\.30\.0 +1\.2\.3 +now\n/);
  assert.match(stdout, /\nbeta +disconnected +3d +an agent waits/);
  const status = JSON.parse((await drover(['status', '-o', 'json'])).stdout);
  assert.deepEqual(status.hub, { url: hub.url, id: 'hub-1', version: '1.2.3' });
  assert.equal(status.clusters.length, 2);
  assert.doesNotMatch(JSON.stringify(status), /drv_/);
});

test('approve-agent and user create send what they should', async () => {
  hub.answers.set('POST /v1/clusters/beta/approve-agent', { status: { agentKeys: ['a', 'b'] } });
  assert.match((await drover(['cluster', 'approve-agent', 'beta'])).stdout, /cluster beta are approved \(2 of them\)/);
  const json = await drover(['cluster', 'approve-agent', 'beta', '-o', 'json']);
  assert.deepEqual(JSON.parse(json.stdout), { status: { agentKeys: ['a', 'b'] } });
  hub.answers.set('POST /v1/users', { metadata: { name: 'bob' } });
  const password = join(folder, 'password');
  await writeFile(password, 'long enough\r\n');
  const args = ['user', 'create', 'bob', '--password-file', password, '--group', 'dev', '--group', 'ops'];
  assert.equal((await drover(args)).stdout, `user bob created at ${hub.url}\n`);
  assert.deepEqual(JSON.parse(hub.seen.at(-1)?.body ?? ''), {
    username: 'bob',
    password: 'long enough',
    groups: ['dev', 'ops'],
  });
  assert.equal(hub.seen.at(-1)?.authorization, `Bearer ${testAccess}`);
  await writeFile(password, 'two\nlines\n');
  const wrong = await drover(args);
  assert.match(wrong.stderr, /more than one line/);
  assert.doesNotMatch(wrong.stderr, /two/);
  const differing = await drover(['user', 'create', 'bob'], { typed: ['one', 'another'] });
  assert.equal(differing.code, 2);
});

test('a logout ends the session at the hub, and the session here even where the hub cannot be asked', async () => {
  assert.equal((await drover(['logout'])).code, 0);
  assert.equal(hub.seen.at(-1)?.line, `DELETE /v1/sessions/${sessionId}`);
  assert.doesNotMatch(await readFile(configFile(), 'utf8'), /session-of-the-tests/);
  assert.deepEqual(await readdir(join(folder, 'config/access')), []);
  const { code, stderr } = await drover(['credential']);
  assert.equal(code, 1);
  assert.match(stderr, /not signed in/);
  await drover(['login', hub.url, '--user', 'alice', '--password-file', '-'], { input: 'x' });
  hub.answers.set(`DELETE /v1/sessions/${sessionId}`, new DroverError('store-unavailable'));
  const away = await drover(['logout', '-o', 'json']);
  assert.equal(JSON.parse(away.stdout).endedAtHub, false);
  assert.equal(away.code, 0);
  assert.match(away.stderr, /the hub does not know it/);
  assert.doesNotMatch(await readFile(configFile(), 'utf8'), /session-of-the-tests/);
});

test('several hubs are kept; the last login is current, and --hub names another', async () => {
  await using second = await startTestHub();
  const session = { token: 'second', expiresAt: accessEnd, session: 's', sessionExpiresAt: sessionEnd };
  second.answers.set('POST /v1/login', { ...session, name: 'second-session', user: 'bob' });
  await drover(['login', second.url, '--user', 'bob', '--password-file', '-', '--ca-file', second.caFile], {
    input: 'x',
  });
  assert.match((await drover(['credential'])).stdout, /"second"/);
  assert.match((await drover(['credential', '--hub', hub.url])).stdout, new RegExp(testAccess));
});

const wrongUse: readonly (readonly string[])[] = [
  [],
  ['nonsense'],
  ['cluster', 'import'],
  ['cluster', 'import', 'a', '-o', 'xml'],
  ['login', 'http://hub.example.com'],
  ['login', 'https://user:secret@hub.example.com'],
  ['login', 'https://hub.example.com/path'],
  ['login', 'https://hub.example.com', '--ca-fingerprint', 'abc'],
  ['login', 'https://hub.example.com', '--ttl', 'soon'],
  ['kubeconfig', 'a', '--all'],
  ['kubeconfig', '--ttl', '1h'],
  ['kubeconfig', '--description', 'x'],
  ['login', 'https://hub.example.com', '--device', '--user', 'alice'],
  ['login', 'https://hub.example.com', '--device', '--ttl', '1h'],
  ['token', 'rotate', 'x', '--grace', 'long'],
  ['revoke'],
  ['agent', '--join', 'f'],
];
for (const args of wrongUse) {
  test(`\`drover ${args.join(' ')}\` is used wrongly: exit code 2, nothing on standard output`, async () => {
    const { code, stdout, stderr } = await drover(args);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    assert.notEqual(stderr, '');
    assert.doesNotMatch(stderr, /secret|\n +at /);
    assert.deepEqual(hub.seen, []);
  });
}

test('without a terminal, user and password must be options', async () => {
  const { code, stderr } = await drover(['login', hub.url, '--user', 'alice']);
  assert.equal(code, 2);
  assert.match(stderr, /--user and --password-file/);
});

test('help is a result: exit code 0, on standard output', async () => {
  for (const args of [['--help'], ['help', 'cluster'], ['cluster', 'import', '--help'], ['--version']]) {
    const { code, stdout, stderr } = await drover(args);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.notEqual(stdout, '');
  }
});

test('an interrupted command ends with 130 and says nothing', async () => {
  const { code, stderr } = await drover(['status'], { signal: AbortSignal.abort() });
  assert.deepEqual({ code, stderr }, { code: 130, stderr: '' });
});

test('a hub that is away is told without a stack', async () => {
  await using gone = await startTestHub();
  await drover(['login', gone.url, '--user', 'a', '--password-file', '-', '--ca-file', gone.caFile], { input: 'x' });
  await gone[Symbol.asyncDispose]();
  const { code, stderr } = await drover(['status']);
  assert.equal(code, 1);
  assert.equal(stderr, `drover: ${gone.url} cannot be reached (nothing listens there); is the hub running there?\n`);
});
