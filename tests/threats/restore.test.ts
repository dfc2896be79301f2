import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { BackedUp, Restored } from '@drover/local-stack';
import { backUpHub, restoreHub } from '@drover/local-stack';
import { eventually, kubectl, run } from '@drover/testing';
import { startAgent, type TestAgent } from './agent.ts';
import { type Answer, passwordOf, startTestHub, type TestHub } from './hub.ts';
import { type StubCluster, startStubCluster } from './stub-cluster.ts';

const passphrase = { kind: 'passphrase', passphrase: 'correct horse battery' } as const;
const users = '/apis/drover.dev/v1/users';

/** A write that the hub has acknowledged; `object` is undefined for a deletion. */
interface Acknowledged {
  readonly name: string;
  readonly revision: number;
  readonly object: Record<string, unknown> | undefined;
}

const revisionOf = ({ json }: Answer): number => Number(Reflect.get(Object(json['metadata']), 'resourceVersion'));

/** The object without what a restore changes: its resourceVersion. */
function content(object: unknown): unknown {
  const { metadata, ...rest } = Object(object);
  const { resourceVersion: _, ...kept } = Object(metadata);
  return { ...rest, metadata: kept };
}

/** Makes and changes users `w<writer>-<n>` until it is stopped, and keeps what was acknowledged. */
async function write(hub: TestHub, writer: number, stop: AbortSignal, log: Acknowledged[]): Promise<void> {
  for (let at = 0; !stop.aborted; at++) {
    const name = `w${writer}-${at % 7}`;
    const body = {
      apiVersion: 'drover.dev/v1',
      kind: 'User',
      metadata: { name },
      spec: { displayName: `number ${at}` },
    };
    const made = await hub.call(users, { method: 'POST', token: hub.adminToken, body });
    if (made.status === 201) {
      log.push({ name, revision: revisionOf(made), object: made.json });
      continue;
    }
    const before = await hub.call(`${users}/${name}`, { token: hub.adminToken });
    const next = { ...before.json, spec: body.spec };
    const changed = await hub.call(`${users}/${name}`, { method: 'PUT', token: hub.adminToken, body: next });
    assert.equal(changed.status, 200, changed.text);
    log.push({ name, revision: revisionOf(changed), object: changed.json });
  }
}

describe('a hub that is lost and restored from a backup', () => {
  const running = new AsyncDisposableStack();
  const log: Acknowledged[] = [];
  let folder: string;
  let agent: TestAgent;
  let stub: StubCluster;
  let backup: BackedUp;
  let restored: Restored;
  let hub: TestHub;
  let adminToken: string;
  let revokedToken: string;
  let liveToken: string;
  let lastRevision: number;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drover-restore-'));
    running.defer(() => rm(folder, { recursive: true, force: true }));
    const lost = await startTestHub({ dataDir: join(folder, 'lost') });
    adminToken = lost.adminToken;
    stub = running.use(await startStubCluster({ ...lost.certificate, ca: lost.ca }));
    agent = running.use(startAgent(await lost.joinFile('alpha'), stub.endpoint));
    await eventually(
      async () => (await lost.call('/k8s/clusters/alpha/version', { token: adminToken })).status === 200,
    );
    revokedToken = await lost.createUser('alice');
    liveToken = await lost.createUser('bob');

    const stop = new AbortController();
    const writers = [0, 1, 2, 3].map(writer => write(lost, writer, stop.signal, log));
    await eventually(() => log.length > 60);
    backup = await backUpHub({ dataDir: lost.dataDir, target: join(folder, 'hub.age'), keys: passphrase });
    const written = log.length;
    await eventually(() => log.length > written + 20);
    stop.abort();
    await Promise.all(writers);
    // what the backup does not know of
    const ended = await lost.call(`/apis/drover.dev/v1/tokens/${revokedToken.split('_')[1]}`, {
      method: 'DELETE',
      token: adminToken,
    });
    assert.equal(ended.status, 200, ended.text);
    const { json } = await lost.call(users, { token: adminToken });
    lastRevision = Number(Reflect.get(Object(json['metadata']), 'resourceVersion'));
    await lost[Symbol.asyncDispose](); // its folder goes with it

    restored = await restoreHub({ file: backup.file, keys: passphrase, dataDir: join(folder, 'new') });
    hub = running.use(await startTestHub({ dataDir: restored.dataDir }));
  });
  after(() => running.disposeAsync());

  test('T31 a backup under writes holds the objects of one revision, and they come back', async () => {
    const { revision } = backup.manifest;
    assert.ok(log.some(write => write.revision < revision) && log.some(write => write.revision > revision));
    const expected = new Map<string, Record<string, unknown> | undefined>();
    for (const write of log.toSorted((a, b) => a.revision - b.revision)) {
      if (write.revision <= revision) expected.set(write.name, write.object);
    }
    const { json } = await hub.call(users, { token: hub.adminToken });
    const items = Array.isArray(json['items']) ? json['items'] : [];
    const found = items.filter(({ metadata }) => /^w\d-/.test(metadata.name));
    const byName = (list: unknown[]) =>
      list.map(content).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    const typed = [...expected.values()].map(object => ({ apiVersion: 'drover.dev/v1', kind: 'User', ...object }));
    assert.deepEqual(
      byName(found.map(item => ({ apiVersion: 'drover.dev/v1', kind: 'User', ...item }))),
      byName(typed),
    );
    assert.equal(
      restored.objects + restored.credentials.tokens.length + restored.credentials.joinTokens.length,
      backup.manifest.objects.count,
    );
  });

  test('T31 the agent comes back by itself, with the key and the hub that it knows', async () => {
    const answered = await eventually(
      async () => {
        const answer = await hub.call('/k8s/clusters/alpha/version', { token: hub.adminToken });
        return answer.status === 200 && answer;
      },
      { timeoutMs: 60_000 },
    );
    assert.equal(answered.text, '{}');
    assert.ok(agent.connected());
  });

  test('T31 kubectl works with the new admin.kubeconfig', async () => {
    const { stdout, stderr } = await run(await kubectl(), ['get', 'clusters', '-o', 'name'], {
      env: { ...process.env, KUBECONFIG: join(hub.dataDir, 'admin.kubeconfig') },
    });
    assert.equal(stdout.trim(), 'cluster.drover.dev/alpha', stderr);
  });

  test('T31 no token of before is good, neither one that was revoked after the backup nor any other', async () => {
    for (const token of [revokedToken, liveToken, adminToken]) {
      assert.equal((await hub.call('/apis/drover.dev/v1/clusters', { token })).status, 401);
      assert.equal((await hub.call('/k8s/clusters/alpha/api', { token })).status, 401);
    }
    assert.deepEqual([...new Set(restored.credentials.tokens.map(({ user }) => user))].sort(), [
      'admin',
      'alice',
      'bob',
    ]);
    assert.deepEqual(
      restored.credentials.joinTokens.map(({ cluster }) => cluster),
      ['alpha'],
    );
    assert.deepEqual(restored.credentials.agents, [{ cluster: 'alpha', keys: 1 }]);
    const { json } = await hub.call('/apis/drover.dev/v1/jointokens', { token: hub.adminToken });
    assert.deepEqual(json['items'], []);
    // who knows the password signs in again
    const login = { method: 'POST', body: { username: 'bob', password: passwordOf('bob') } } as const;
    assert.equal((await hub.call('/v1/login', login)).status, 201);
  });

  test('T31 a resourceVersion of the lost hub is 410 on a watch and a conflict on a write', async () => {
    for (const revision of [backup.manifest.revision, lastRevision]) {
      const watch = await hub.call(`${users}?watch=1&resourceVersion=${revision}&timeoutSeconds=1`, {
        token: hub.adminToken,
      });
      assert.match(watch.text, /"code":410/);
      const { json } = await hub.call(`${users}/bob`, { token: hub.adminToken });
      assert.ok(revisionOf({ json } as Answer) > lastRevision);
      const body = { ...json, metadata: { ...Object(json['metadata']), resourceVersion: String(revision) } };
      assert.equal((await hub.call(`${users}/bob`, { method: 'PUT', token: hub.adminToken, body })).status, 409);
    }
  });

  test('T31 --keep-tokens brings tokens back, and names the one that had been revoked; join tokens stay out', async () => {
    const dataDir = join(folder, 'kept');
    const kept = await restoreHub({ file: backup.file, keys: passphrase, dataDir, keepTokens: true });
    assert.ok(
      kept.credentials.tokens.some(({ name, user }) => name === revokedToken.split('_')[1] && user === 'alice'),
    );
    assert.equal(kept.objects + kept.credentials.joinTokens.length, backup.manifest.objects.count);
  });

  test('T31 nothing is changed where a folder is not empty, or the passphrase is wrong', async () => {
    const wrong = { kind: 'passphrase', passphrase: 'wrong horse battery' } as const;
    const dataDir = join(folder, 'never');
    await assert.rejects(restoreHub({ file: backup.file, keys: wrong, dataDir }), { code: 'backup-invalid' });
    await assert.rejects(stat(dataDir), { code: 'ENOENT' });
    await mkdir(join(dataDir, 'something'), { recursive: true });
    await assert.rejects(restoreHub({ file: backup.file, keys: passphrase, dataDir }), { code: 'config-invalid' });
    await assert.rejects(restoreHub({ file: backup.file, keys: passphrase, dataDir: hub.dataDir }), {
      code: 'config-invalid',
    });
  });
});
