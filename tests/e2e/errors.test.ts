import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  type Background,
  cannotStartCluster,
  eventually,
  kubectls,
  type RunResult,
  run,
  start,
  startCluster,
  type TestCluster,
} from '@drover/testing';
import { type Hub, type HubMode, hubModes, startHub } from './hub.ts';
import { kubectlEnv } from './step.ts';

const clients = await kubectls();
/** client-go repeats a 503 with `Retry-After` ten times, a second apart: without it, a refusal is quicker than this. */
const atOnceMs = 5_000;
/** The shortest life that the hub gives a token. */
const tokenLifeMs = 60_000;
const wrongTokens: readonly (readonly [what: string, token: string])[] = [
  ['a token that is none', 'nonsense'],
  ['a token that the hub did not make', `drv_abcdefghij_${'x'.repeat(43)}000000`],
];

// What people see when something is wrong: the message of kubectl says what. Both wait for a token's end, so together.
describe('errors as kubectl shows them', { skip: cannotStartCluster(), concurrency: true }, () => {
  for (const mode of hubModes) describe(`hub as ${mode}`, { concurrency: false }, () => testErrors(mode));
});

function testErrors(mode: HubMode): void {
  const running = new AsyncDisposableStack();
  let cluster: TestCluster;
  let hub: Hub;
  let home: string;
  let shortLived: string;
  let watch: Background;

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'drover-errors-'));
    running.defer(() => rm(home, { recursive: true, force: true }));
    cluster = running.use(await startCluster());
    hub = running.use(await startHub(mode));
    await hub.connect('alpha', cluster);
    await hub.joinFile('lonely');
    const body = { ttlSeconds: tokenLifeMs / 1000 };
    const made = await hub.call('/v1/tokens', { method: 'POST', token: hub.adminToken, body });
    assert.equal(made.status, 201);
    shortLived = await hub.kubeconfig('alpha', String((made.body as { token: string }).token));
    const env = kubectlEnv({ kubeconfig: shortLived, home });
    watch = running.use(start(clients[0]?.path ?? '', ['get', 'configmaps', '-w', '-o', 'name'], { env }));
  });
  after(() => running.disposeAsync());

  const call = async (kubectl: string, cluster: string, token: string, ...args: string[]): Promise<RunResult> =>
    run(kubectl, args, { env: kubectlEnv({ kubeconfig: await hub.kubeconfig(cluster, token), home }), input: '' });

  for (const { name, path } of clients) {
    describe(`kubectl ${name}`, () => {
      for (const [what, token] of wrongTokens) {
        test(`${what}: it must be logged in`, async () => {
          const { code, stdout, stderr } = await call(path, 'alpha', token, 'get', 'pods');
          assert.equal(code, 1);
          assert.equal(stdout, '');
          assert.match(stderr, /error: You must be logged in to the server/);
        });
      }

      test('no token: as at a cluster that refuses anonymous requests', async () => {
        const { code, stderr } = await call(path, 'alpha', '', 'get', 'pods');
        assert.equal(code, 1);
        assert.match(stderr, /You must be logged in to the server|Username|EOF|Unauthorized/);
      });

      test('an unknown cluster is said to be not found', async () => {
        const { code, stderr } = await call(path, 'nowhere', hub.adminToken, 'get', 'pods');
        assert.equal(code, 1);
        assert.match(stderr, /Error from server \(NotFound\)/);
      });

      test('a cluster without an agent is said to be unavailable, at once', async () => {
        const start = performance.now();
        const { code, stderr } = await call(path, 'lonely', hub.adminToken, 'get', 'pods');
        assert.equal(code, 1);
        assert.match(stderr, /Error from server \(ServiceUnavailable\)/);
        assert.ok(performance.now() - start < atOnceMs);
      });
    });
  }

  test('a wrong token, one that is none, and none at all are a 401 Status, whatever is asked for', async () => {
    for (const path of ['/k8s/clusters/alpha/api', '/k8s/clusters/nowhere/api', '/apis/drover.dev/v1/clusters']) {
      for (const [what, token] of [...wrongTokens, ['no token', undefined] as const]) {
        const { status, headers, body } = await hub.call(path, token === undefined ? {} : { token });
        assert.equal(status, 401, `${path}: ${what}`);
        assert.match(String(headers['content-type']), /^application\/json/);
        const { message, ...rest } = body as { message: string };
        assert.match(message, /\S/);
        const known = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' };
        assert.deepEqual(rest, { ...known, reason: 'Unauthorized', code: 401 }, `${path}: ${what}`);
      }
    }
  });

  // Before its first discovery kubectl shows the status's reason only; the whole message is in the answer.
  test('an unknown cluster is a 404 that names it', async () => {
    const { status, body } = await hub.call('/k8s/clusters/nowhere/api', { token: hub.adminToken });
    assert.equal(status, 404);
    assert.match((body as { message: string }).message, /clusters.drover.dev "nowhere" not found/);
  });

  test('a cluster without an agent is a 503 that says so, with no Retry-After', async () => {
    const { status, headers, body } = await hub.call('/k8s/clusters/lonely/api', { token: hub.adminToken });
    assert.equal(status, 503);
    assert.equal(headers['retry-after'], undefined);
    assert.match((body as { message: string }).message, /no agent of cluster "lonely" is connected to the hub/);
  });

  test('a token that expires ends its watch, and is refused from then on', async () => {
    await eventually(() => watch.stdout().includes('kube-root-ca.crt'), { timeoutMs: 20_000 });
    await watch.exited;
    const refused = await run(clients[0]?.path ?? '', ['get', 'pods'], {
      env: kubectlEnv({ kubeconfig: shortLived, home }),
    });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /You must be logged in to the server/);
  });

  test('a kube-apiserver that is down behind a live agent is named', async () => {
    await cluster.signal('apiserver', 'SIGKILL');
    for (const { name, path } of clients) {
      const { code, stderr } = await call(path, 'alpha', hub.adminToken, 'get', 'namespaces');
      assert.equal(code, 1, name);
      assert.match(stderr, /the agent cannot reach the kube-apiserver/, name);
    }
    const { status, headers } = await hub.call('/k8s/clusters/alpha/api', { token: hub.adminToken });
    assert.equal(status, 503);
    assert.equal(headers['retry-after'], undefined);
  });
}
