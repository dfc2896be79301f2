import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { JoinFile } from '@drover/contracts';
import { rotateHubKeys } from '@drover/local-stack';
import { eventually } from '@drover/testing';
import { newKey, startAgent, type TestAgent } from './agent.ts';
import { startTestHub, type TestHub } from './hub.ts';
import { type StubCluster, startStubCluster } from './stub-cluster.ts';

/** Services look at their key files every two seconds. */
const times = { graceMs: 5_000, overlapMs: 3_000 };

describe('a hub of several processes whose identity keys are rotated', () => {
  const running = new AsyncDisposableStack();
  const key = newKey();
  let hub: TestHub;
  let stub: StubCluster;
  let agent: TestAgent;
  let pinned: JoinFile;

  before(async () => {
    hub = running.use(await startTestHub({ processes: { authProxies: 2, gateways: 2 } }));
    stub = running.use(await startStubCluster({ ...hub.certificate, ca: hub.ca }));
    pinned = await hub.joinFile('alpha');
    agent = running.use(startAgent(pinned, stub.endpoint, { key }));
    await eventually(() => agent.connected() === 2);
    for (const door of hub.urls) await eventually(async () => (await ask(door)).status === 200);
  });
  after(() => running.disposeAsync());

  const ask = (door: string, token = hub.adminToken) => hub.call('/k8s/clusters/alpha/version', { door, token });
  const signingKey = async () => JSON.parse(await readFile(join(hub.dataDir, 'keys/identity.json'), 'utf8'));

  test('T9 not one request fails while the old key gives way to the new one', async () => {
    const { kid: old } = await signingKey();
    const { kid, signsFromMs, retiresAtMs } = await rotateHubKeys({
      dataDir: hub.dataDir,
      role: 'identity',
      nowMs: Date.now(),
      ...times,
    });
    assert.notEqual(kid, old);
    assert.equal((await signingKey()).next.kid, kid);
    await assert.rejects(rotateHubKeys({ dataDir: hub.dataDir, role: 'identity', nowMs: Date.now() }), {
      code: 'conflict',
    });
    let fresh: string | undefined;
    let asked = 0;
    while (Date.now() < retiresAtMs + 1_000) {
      // Who comes after the switch has no assertion of the old key.
      if (fresh === undefined && Date.now() > signsFromMs + 500) fresh = await hub.createUser('carol');
      for (const door of hub.urls) {
        for (const token of [hub.adminToken, ...(fresh === undefined ? [] : [fresh])]) {
          const answer = await eventuallyKnown(door, token);
          assert.equal(answer.status, 200, `after ${asked} requests: ${answer.text}`);
          asked++;
        }
      }
    }
    assert.ok(fresh !== undefined && asked > 20);
  });

  /** Another front door hears of a new user a moment later, which is not what this is about. */
  const eventuallyKnown = async (door: string, token: string) => {
    const first = await ask(door, token);
    if (first.status !== 401) return first;
    await eventually(async () => (await ask(door, token)).status !== 401);
    return ask(door, token);
  };

  test('T9 an agent that starts with the old join file follows the announcement; a new join file pins the new key alone', async () => {
    await agent[Symbol.asyncDispose]();
    await using again = startAgent(pinned, stub.endpoint, { key });
    await eventually(() => again.connected() === 2);
    const dave = await hub.createUser('dave');
    for (const door of hub.urls) {
      await eventually(async () => (await ask(door, dave)).status === 200);
      assert.equal(stub.seen.at(-1)?.headers['impersonate-user']?.[0], 'drover:dave');
    }
    const kids = (await hub.joinFile('beta')).hub.identityKeys.keys.map(jwk => jwk['kid']);
    const { kid, next } = await signingKey();
    assert.deepEqual(kids, [next.kid]);
    assert.deepEqual(
      pinned.hub.identityKeys.keys.map(jwk => jwk['kid']),
      [kid],
    );
  });
});
