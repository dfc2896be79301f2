import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '@drover/testing';
import { Agent as HttpAgent, request } from 'undici';
import { connectStub } from './agent.ts';
import { type Answer, passwordOf, startTestHub, type TestHub } from './hub.ts';
import { openLiveStreams } from './live-streams.ts';
import { frozen } from './processes.ts';
import { openRaw } from './raw-connection.ts';
import { type Replica, startReplica } from './replica.ts';
import { type StubCluster, startStubCluster } from './stub-cluster.ts';

/** What T5 states. */
const endedMs = 1_000;
const staleMs = 3_000;
const pods = '/k8s/clusters/alpha/api/v1/pods';

describe('credentials that ended, and credentials that are tried', () => {
  const running = new AsyncDisposableStack();
  let hub: TestHub;
  let stub: StubCluster;
  let replica: Replica;

  before(async () => {
    hub = running.use(await startTestHub());
    stub = running.use(await startStubCluster({ ...hub.certificate, ca: hub.ca }));
    replica = running.use(await startReplica(hub, { staleMs }));
    running.use(await connectStub(hub, 'alpha', stub.endpoint));
    running.use(await connectStub(hub, 'beta', stub.endpoint, { tunnelUrl: replica.url, door: replica.url }));
    stub.serve((request, response) => {
      if (request.url?.includes('watch=1')) response.writeHead(200).write('{"type":"BOOKMARK"}\n');
      else response.end('{}');
    });
  });
  after(() => running.disposeAsync());

  const doors = (): readonly (readonly [door: string, cluster: string])[] => [
    [hub.url, 'alpha'],
    [replica.url, 'beta'],
  ];

  /** Does `end`, and sees that within a second every live stream has ended and every front door refuses the token. */
  const endsEverything = async (token: string, end: () => Promise<Answer>, status = 401): Promise<void> => {
    using live = await openLiveStreams(hub, doors(), token);
    assert.equal(live.anyEnded(), false);
    const answer = await end();
    assert.ok(answer.status < 300, answer.text);
    await eventually(live.ended, { timeoutMs: endedMs, everyMs: 10 });
    for (const [door, cluster] of doors()) {
      const refused = await hub.call(`/k8s/clusters/${cluster}/api`, { token, door });
      assert.equal(refused.status, status, refused.text);
    }
    await eventually(() => replica.inFlight() === 0 && replica.openStreams() === 0);
  };
  const api = (resource: string) => `/apis/drover.dev/v1/${resource}`;
  const asAdmin = (method: 'DELETE' | 'PATCH', path: string, body?: object): Promise<Answer> =>
    hub.call(path, {
      method,
      token: hub.adminToken,
      ...(body === undefined ? {} : { body, headers: [['content-type', 'application/merge-patch+json']] }),
    });
  const patchUser = async (name: string, spec: object): Promise<Answer> => {
    const { json } = await hub.call(api(`users/${name}`), { token: hub.adminToken });
    const before = typeof json['spec'] === 'object' ? json['spec'] : {};
    return hub.call(api(`users/${name}`), {
      method: 'PUT',
      token: hub.adminToken,
      body: { ...json, spec: { ...before, ...spec } },
    });
  };

  test('T5 deleting a token ends its watches and shells on every replica within a second', async () => {
    const token = await hub.createUser('alice');
    await endsEverything(token, () => asAdmin('DELETE', api(`tokens/${token.split('_')[1]}`)));
  });

  test('T5 disabling a user ends what he has open; enabled again, he is served again', async () => {
    const token = await hub.createUser('bob');
    await endsEverything(token, () => patchUser('bob', { disabled: true }));
    const login = { method: 'POST', body: { username: 'bob', password: passwordOf('bob') } } as const;
    assert.equal((await hub.call('/v1/login', login)).status, 401);
    await patchUser('bob', { disabled: false });
    await eventually(async () => (await hub.call(pods, { token })).status === 200);
  });

  test('T5 deleting a user ends what he has open', async () => {
    const token = await hub.createUser('carol');
    await endsEverything(token, () => asAdmin('DELETE', api('users/carol')));
  });

  test('T5 a user who loses a group keeps nothing that he opened as its member', async () => {
    const token = await hub.createUser('dave', ['admins']);
    await endsEverything(token, () => patchUser('dave', { groups: [] }), 200);
    await hub.call(pods, { token });
    assert.equal(stub.seen.at(-1)?.headers['impersonate-group'], undefined);
  });

  test('T5 removing the binding that makes somebody a member ends what he has open in the cluster', async () => {
    const token = await hub.createUser('ines', ['ops']);
    const setting = { apiVersion: 'drover.dev/v1', kind: 'Setting', metadata: { name: 'cluster-membership' } };
    const create = async (path: string, body: object): Promise<void> => {
      const made = await hub.call(api(path), { method: 'POST', token: hub.adminToken, body });
      assert.equal(made.status, 201, made.text);
    };
    const bind = (cluster: string, subject: object): Promise<void> =>
      create(`namespaces/${cluster}/clusterroletemplatebindings`, {
        apiVersion: 'drover.dev/v1',
        kind: 'ClusterRoleTemplateBinding',
        metadata: { name: 'of-ines' },
        spec: { roleTemplate: 'cluster-member', ...subject },
      });
    await bind('alpha', { user: 'ines' });
    await bind('beta', { group: 'ops' });
    await create('settings', { ...setting, spec: { value: 'required' } });
    for (const [door, cluster] of doors())
      await eventually(async () => (await hub.call(`/k8s/clusters/${cluster}/api`, { token, door })).status === 200);
    const unbind = async (): Promise<Answer> => {
      await asAdmin('DELETE', api('namespaces/beta/clusterroletemplatebindings/of-ines'));
      return asAdmin('DELETE', api('namespaces/alpha/clusterroletemplatebindings/of-ines'));
    };
    await endsEverything(token, unbind, 403);
    await asAdmin('DELETE', api('settings/cluster-membership'));
    await eventually(async () => (await hub.call(pods, { token })).status === 200);
  });

  test('T5 removing a cluster ends what is open there', async () => {
    const gamma = await connectStub(hub, 'gamma', stub.endpoint);
    using watch = await openRaw(hub, hub.url);
    watch.write(
      `GET /k8s/clusters/gamma/api/v1/pods?watch=1 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${hub.adminToken}\r\n\r\n`,
    );
    await watch.until(/BOOKMARK/);
    assert.equal((await asAdmin('DELETE', api('clusters/gamma'))).status, 200);
    await eventually(watch.closed, { timeoutMs: endedMs, everyMs: 10 });
    await eventually(async () => (await hub.call('/k8s/clusters/gamma/api', { token: hub.adminToken })).status === 404);
    await gamma[Symbol.asyncDispose]();
  });

  test('T5 a token for one cluster is refused on another, and on the hub', async () => {
    const made = await hub.call('/v1/tokens', { method: 'POST', token: hub.adminToken, body: { clusters: ['alpha'] } });
    assert.equal(made.status, 201, made.text);
    const token = String(made.json['token']);
    await eventually(async () => (await hub.call(pods, { token })).status === 200);
    const before = stub.seen.length;
    assert.equal((await hub.call('/k8s/clusters/beta/api', { token, door: replica.url })).status, 403);
    for (const path of [api('clusters'), api('users'), '/v1/clusters/alpha/join']) {
      assert.equal(
        (await hub.call(path, { token, method: path.endsWith('join') ? 'POST' : 'GET', body: {} })).status,
        403,
      );
    }
    assert.equal(stub.seen.length, before);
  });

  test('T5 a replica that NATS has left trusts nothing after authorizationStaleMs, and again when NATS is back', async () => {
    const beta = () => hub.call('/k8s/clusters/beta/api', { token: hub.adminToken, door: replica.url });
    assert.equal((await beta()).status, 200);
    {
      await using _nats = await frozen('nats-server', hub.dataDir);
      const refused = await eventually(async () => {
        const answer = await beta();
        return answer.status === 200 ? undefined : answer;
      });
      assert.equal(refused.status, 503);
      assert.match(refused.text, /not heard/);
      // The other replica trusts for longer (5 minutes by default), and goes on.
      assert.equal((await hub.call(pods, { token: hub.adminToken })).status, 200);
    }
    await eventually(async () => (await beta()).status === 200, { timeoutMs: 20_000 });
  });

  const login = (username: string, password: string): Promise<Answer> =>
    hub.call('/v1/login', { method: 'POST', body: { username, password } });

  test('T13 whoever fails to log in learns nothing of why', async () => {
    await hub.createUser('erin');
    await hub.createUser('frank');
    await patchUser('frank', { disabled: true });
    const body = { apiVersion: 'drover.dev/v1', kind: 'User', metadata: { name: 'grace' }, spec: {} };
    await hub.call(api('users'), { method: 'POST', token: hub.adminToken, body });
    const wrong = await login('erin', 'wrong password');
    assert.equal(wrong.status, 401);
    for (const answer of [
      await login('nobody', 'wrong password'),
      await login('frank', passwordOf('frank')),
      await login('grace', ''),
      await login('grace', 'anything at all'),
    ]) {
      assert.equal(answer.status, wrong.status);
      assert.equal(answer.text, wrong.text);
      const names = (it: Answer): string[] => Object.keys(it.headers).filter(name => !name.startsWith('x-ratelimit'));
      assert.deepEqual(names(answer), names(wrong));
    }
  });

  test('T13 an unknown user costs the same work as a wrong password', async () => {
    await hub.createUser('heidi');
    const times: Record<'heidi' | 'stranger', number[]> = { heidi: [], stranger: [] };
    for (let tries = 0; tries < 5; tries++) {
      for (const name of ['heidi', 'stranger'] as const) {
        const start = performance.now();
        await login(name, 'wrong password');
        times[name].push(performance.now() - start);
      }
    }
    // A hash takes tens of milliseconds, an answer without one a tenth of that: the least disturbed tries are compared.
    assert.ok(Math.min(...times.stranger) > 0.5 * Math.min(...times.heidi), JSON.stringify(times));
    assert.ok(Math.min(...times.heidi) > 0.5 * Math.min(...times.stranger), JSON.stringify(times));
  });

  test('T13 passwords of one account cannot be tried at speed, known or not', async () => {
    await hub.createUser('ivan');
    for (const name of ['ivan', 'nobody-else']) {
      const answers = await Promise.all(Array.from({ length: 15 }, (_, at) => login(name, `guess number ${at}`)));
      const statuses = answers.map(({ status }) => status).sort();
      assert.deepEqual(statuses, [...new Array(10).fill(401), ...new Array(5).fill(429)], name);
    }
    // Not even with the right one; others log in.
    assert.equal((await login('ivan', passwordOf('ivan'))).status, 429);
    await hub.createUser('judy');
  });

  test('T13 nor can one address try many accounts; another address goes on', async () => {
    const from = async (localAddress: string, username: string): Promise<number> => {
      await using client = new AsyncDisposableStack();
      const dispatcher = client.adopt(new HttpAgent({ localAddress, connect: { ca: hub.ca } }), it => it.destroy());
      const answer = await request(new URL('/v1/login', hub.url), {
        dispatcher,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': `10.0.0.${username.length}` },
        body: JSON.stringify({ username, password: 'x' }),
      });
      await answer.body.dump();
      return answer.statusCode;
    };
    const statuses: number[] = [];
    for (let at = 0; at < 7; at++) {
      statuses.push(...(await Promise.all(Array.from({ length: 10 }, (_, n) => from('127.0.0.2', `user${at}x${n}`)))));
    }
    assert.equal(statuses.filter(status => status === 401).length, 60);
    assert.equal(statuses.filter(status => status === 429).length, 10);
    assert.equal(await from('127.0.0.3', 'somebody'), 401);
  });

  test('T13 tokens that are guessed are refused by their form, before anything is looked up', async () => {
    const [, id = ''] = hub.adminToken.split('_');
    const guesses = [
      'x',
      `drv_${id}`,
      `drv_${id}_`,
      `drv_${id}_${'a'.repeat(49)}`,
      `${hub.adminToken.slice(0, -1)}${hub.adminToken.endsWith('x') ? 'y' : 'x'}`,
      hub.adminToken.toUpperCase(),
      `${hub.adminToken}x`,
      hub.adminToken.replace('drv_', 'drj_'),
    ];
    for (const token of guesses) {
      assert.equal((await hub.call(pods, { token })).status, 401, token);
      assert.equal((await hub.call(api('users'), { token })).status, 401, token);
    }
  });
});
