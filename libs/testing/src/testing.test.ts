import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  cannotStartCluster,
  eventually,
  expectNoLeaks,
  freePorts,
  kubectls,
  readZipEntry,
  run,
  start,
  startCluster,
} from './index.ts';

test('run gives exit code, output and errors, feeds input, and ends what hangs', async () => {
  assert.deepEqual(await run('sh', ['-c', 'cat; echo "$WHO" >&2; exit 3'], { input: 'in', env: { WHO: 'me' } }), {
    code: 3,
    stdout: 'in',
    stderr: 'me\n',
  });
  const hung = await run('sleep', ['60'], { timeoutMs: 50 });
  assert.equal(hung.code, 124);
  assert.match(hung.stderr, /did not end within 50 ms/);
});

test('start runs a command beside the test until it is stopped', async () => {
  const cat = start('cat', []);
  cat.child.stdin?.write('hello');
  await eventually(() => cat.stdout() === 'hello');
  assert.equal(await cat.stop(), 143);
});

test('eventually throws the last failure when time is up', async () => {
  let calls = 0;
  await assert.rejects(
    eventually(() => assert.equal(++calls, -1), { timeoutMs: 20, everyMs: 1 }),
    assert.AssertionError,
  );
  assert.ok(calls > 1);
});

test('expectNoLeaks names the kind of handle that was left', async t => {
  const server = createServer();
  t.after(() => server.close());
  const left = expectNoLeaks(
    async () => {
      await once(server.listen(0, '127.0.0.1'), 'listening');
    },
    { timeoutMs: 50 },
  );
  await assert.rejects(left, /TCPServerWrap|TCPSocketWrap/);
});

test('a file that is no ZIP archive is refused', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'drover-zip-'));
  t.after(() => rm(dir, { recursive: true }));
  await writeFile(join(dir, 'not.zip'), 'plain text');
  await assert.rejects(readZipEntry(join(dir, 'not.zip'), 'kubectl'), /is not a ZIP archive/);
});

test('the kubectls that npm packages carry run', async () => {
  for (const { name, path } of (await kubectls()).filter(it => it.name !== 'PATH')) {
    const { code, stdout } = await run(path, ['version', '--client']);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`Client Version: v${name.replace('.', '\\.')}\\.`));
  }
});

test('free ports can be listened on', async () => {
  const first = await freePorts(3);
  const server = createServer();
  await once(server.listen(first + 2, '127.0.0.1'), 'listening');
  server.close();
});

test('a test cluster answers, keeps an audit log, and leaves no process', { skip: cannotStartCluster() }, async () => {
  const auditPolicy =
    'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n';
  const cluster = await startCluster({ auditPolicy });
  try {
    const { stdout } = await run('kubectl', ['--kubeconfig', cluster.kubeconfig, 'get', 'ns', '-o', 'name']);
    assert.match(stdout, /namespace\/default/);
    const log = await cluster.auditLog();
    assert.ok(log.some(event => event.verb === 'list' && event.objectRef?.resource === 'namespaces'));
  } finally {
    await cluster.stop();
  }
  const { stdout } = await run('pgrep', ['-f', cluster.dir]);
  assert.equal(stdout, '');
});
