import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  type Background,
  cannotStartCluster,
  eventually,
  kubectl,
  type RunResult,
  repositoryRoot,
  run,
  start,
  startCluster,
  type TestCluster,
} from '@drover/testing';

const readyTimeoutMs = 90_000;
/** «Ctrl-C stops everything in order, within 10 s», and npm needs a moment around it. */
const stopTimeoutMs = 12_000;

/** Signals a process and all that it started, where any is left, and waits for the end. */
async function signalGroup(program: Background, signal: NodeJS.Signals): Promise<void> {
  const { pid, exitCode, signalCode } = program.child;
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  process.kill(-pid, signal);
  await program.exited;
}

// README's way, command by command, as somebody types it.
describe('the journey', { skip: cannotStartCluster() }, () => {
  const running = new AsyncDisposableStack();
  let folder: string;
  let cluster: TestCluster;
  let hub: Background;
  let url: string;

  /** A user's environment, with a home of its own; the data folder is where the repository's `.drover` would be. */
  const env = (): Record<string, string | undefined> => ({
    HOME: join(folder, 'home'),
    XDG_CONFIG_HOME: undefined,
    DROVER_DATA_DIR: join(folder, 'data'),
    DROVER_LISTEN: '127.0.0.1:0',
  });
  const drover = (...args: string[]): Promise<RunResult> =>
    run('npx', ['drover', ...args], { cwd: repositoryRoot, env: env() });
  const done = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await drover(...args);
    assert.equal(code, 0, `drover ${args.join(' ')}\n${stdout}${stderr}`);
    return stdout;
  };

  async function npmStart(): Promise<void> {
    // In a session of its own, as a terminal gives it: Ctrl-C goes to every process of the group.
    const program = start('setsid', ['npm', 'start'], { cwd: repositoryRoot, env: env() });
    running.defer(() => signalGroup(program, 'SIGTERM'));
    hub = program;
    url = await eventually(() => /^drover ready (\S+)/m.exec(program.stdout())?.[1], {
      timeoutMs: readyTimeoutMs,
    }).catch(() => {
      throw new Error(`not ready:\n${program.stdout()}${program.stderr()}`);
    });
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drover-journey-'));
    running.defer(() => rm(folder, { recursive: true, force: true }));
    cluster = running.use(await startCluster());
    await npmStart();
  });
  after(() => running.disposeAsync());

  test('the password and the kubeconfig of the administrator are for their owner only', async () => {
    for (const file of ['admin-password', 'admin.kubeconfig']) {
      assert.equal((await stat(join(folder, 'data', file))).mode & 0o777, 0o600, file);
    }
  });

  test('login, import, agent, kubeconfig, kubectl', async () => {
    await done('login', url, '--user', 'admin', '--password-file', join(folder, 'data/admin-password'));
    assert.match(await done('cluster', 'import', 'alpha'), /\| kubectl apply -f -\n$/);

    const joinFile = join(folder, 'alpha.join');
    await writeFile(joinFile, await done('cluster', 'import', 'alpha', '-o', 'join'), { mode: 0o600 });
    // In a session of its own as well: npx ends by a signal before it has told what it runs.
    const arguments_ = ['npx', 'drover', 'agent', '--join', joinFile, '--kubeconfig', cluster.kubeconfig];
    const agent = start('setsid', arguments_, { cwd: repositoryRoot, env: env() });
    running.defer(() => signalGroup(agent, 'SIGTERM'));

    const text = await done('kubeconfig', 'alpha');
    assert.doesNotMatch(text, /drv_/, 'a kubeconfig holds no secret');
    const kubeconfig = join(folder, 'alpha.kubeconfig');
    await writeFile(kubeconfig, text);
    const program = await kubectl();
    // kubectl runs the credential plugin by its own path, from any folder, and with a PATH that has no newer Node.
    const asUser = { cwd: folder, env: { ...env(), KUBECONFIG: kubeconfig, PATH: '/usr/bin:/bin' } };
    const pods = await eventually(
      async () => {
        const result = await run(program, ['get', 'namespaces', '-o', 'name'], asUser);
        assert.equal(result.code, 0, result.stderr);
        return result.stdout;
      },
      { timeoutMs: 30_000, everyMs: 500 },
    );
    assert.match(pods, /^namespace\/default$/m);
    assert.match((await run(program, ['get', 'pods', '-A'], asUser)).stderr, /No resources found/);
    assert.match(await done('status'), /alpha/);
  });

  test('the command that import prints is accepted by the cluster', async () => {
    const command = await done('cluster', 'import', 'beta');
    const applied = await run('sh', ['-ec', command], { env: { KUBECONFIG: cluster.kubeconfig } });
    assert.equal(applied.code, 0, applied.stderr);
    assert.match(applied.stdout, /deployment.apps\/drover-agent (created|configured)/);
  });

  test('a user of the hub signs in and sees what RBAC gives him', async () => {
    const passwordFile = join(folder, 'bob-password');
    await writeFile(passwordFile, 'a password for bob\n', { mode: 0o600 });
    await done('user', 'create', 'bob', '--password-file', passwordFile);
    const asBob = { cwd: repositoryRoot, env: { ...env(), HOME: join(folder, 'bob') } };
    const login = await run('npx', ['drover', 'login', url, '--user', 'bob', '--password-file', passwordFile], asBob);
    assert.equal(login.code, 0, login.stderr);
    const { stdout } = await run('npx', ['drover', 'kubeconfig', 'alpha'], asBob);
    const kubeconfig = join(folder, 'bob.kubeconfig');
    await writeFile(kubeconfig, stdout);
    const refused = await run(await kubectl(), ['get', 'pods'], { env: { ...asBob.env, KUBECONFIG: kubeconfig } });
    assert.match(refused.stderr, /User "drover:bob" cannot list resource "pods"/);
  });

  test('hub objects are used with kubectl itself', async () => {
    const asAdmin = { env: { ...env(), KUBECONFIG: join(folder, 'data/admin.kubeconfig') } };
    const clusters = await run(await kubectl(), ['get', 'clusters', '-o', 'name'], asAdmin);
    assert.equal(clusters.stdout, 'cluster.drover.dev/alpha\ncluster.drover.dev/beta\n', clusters.stderr);
  });

  test('Ctrl-C stops everything in time, and a second start finds all its data', async () => {
    const late = new Promise<string>(resolve => setTimeout(resolve, stopTimeoutMs, 'late').unref());
    assert.notEqual(await Promise.race([signalGroup(hub, 'SIGINT'), late]), 'late');
    const left = await run('pgrep', ['-fa', join(folder, 'data')]);
    assert.equal(left.stdout, '');

    const before = url;
    await npmStart();
    assert.equal((await readFile(join(folder, 'data/admin.kubeconfig'), 'utf8')).includes(url), true);
    if (url === before) assert.match(await done('status'), /alpha/);
    const asAdmin = { env: { ...env(), KUBECONFIG: join(folder, 'data/admin.kubeconfig') } };
    const clusters = await run(await kubectl(), ['get', 'clusters', '-o', 'name'], asAdmin);
    assert.equal(clusters.stdout, 'cluster.drover.dev/alpha\ncluster.drover.dev/beta\n', clusters.stderr);
  });
});
