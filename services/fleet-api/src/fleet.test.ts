import assert from 'node:assert/strict';
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { readJoinFile } from '@drover/contracts';
import { agentPublicKey, newAgentKey } from '@drover/identity';
import { admin, objectsPath, serveFleet, serverPin } from './fleet-for-tests.ts';
import { accountLimits } from './operations/accounts.ts';
import { clusters, passwords, tokens, users } from './resources/index.ts';

const cluster = (name: string): object => ({
  apiVersion: 'drover.dev/v1',
  kind: 'Cluster',
  metadata: { name },
  spec: {},
});
const key = (): string => agentPublicKey(newAgentKey());

describe('objects', () => {
  test('administrators may do everything; others see clusters, themselves and their own tokens', async () => {
    await using served = await serveFleet();
    const { call } = served;
    for (const username of ['alice', 'bob']) {
      assert.equal((await call(admin, 'POST', '/v1/users', { username, password: 'correct horse' })).status, 201);
      assert.equal((await call(username, 'POST', '/v1/tokens', { description: username })).status, 201);
    }
    assert.equal((await call(admin, 'POST', `${objectsPath}/clusters`, cluster('alpha'))).status, 201);
    const bobs = served.fleet.registry.list(tokens).find(token => token.spec.user === 'bob')?.metadata.name;
    const names = async (as: string, plural: string): Promise<string[]> =>
      (await call(as, 'GET', `${objectsPath}/${plural}`)).body.items.map(
        (item: { spec: { user?: string }; metadata: { name: string } }) => item.spec.user ?? item.metadata.name,
      );
    assert.deepEqual(await names('alice', 'clusters'), ['alpha']);
    assert.deepEqual(await names('alice', 'users'), ['alice']);
    assert.deepEqual(await names('alice', 'tokens'), ['alice']);
    assert.deepEqual((await names(admin, 'tokens')).sort(), ['alice', 'bob']);
    const refused: [string, string, unknown?][] = [
      ['POST', 'clusters', cluster('beta')],
      ['DELETE', 'clusters/alpha'],
      ['PATCH', 'clusters/alpha/status', {}],
      ['PUT', 'users/alice', {}],
      ['GET', 'jointokens'],
    ];
    for (const [method, path, body] of refused) {
      assert.equal((await call('alice', method, `${objectsPath}/${path}`, body)).status, 403, `${method} ${path}`);
    }
    assert.equal((await call('alice', 'GET', `${objectsPath}/tokens/${bobs}`)).status, 404);
    assert.equal((await call('alice', 'DELETE', `${objectsPath}/tokens/${bobs}`)).status, 404);
    assert.equal((await call('bob', 'DELETE', `${objectsPath}/tokens/${bobs}`)).status, 200);
    assert.equal((await call('', 'GET', `${objectsPath}/clusters`)).status, 401);
  });

  test('an identity that auth-proxy did not sign for the hub is nobody’s', async () => {
    await using served = await serveFleet();
    const claims = {
      audience: 'cluster-uid',
      user: 'root',
      groups: ['admins'],
      extra: {},
      nowMs: served.clock.now(),
      lifetimeMs: 60_000,
    };
    const forged = await served.call('', 'GET', `${objectsPath}/clusters`, undefined, {
      'drover-identity': await served.signer.sign(claims),
    });
    assert.equal(forged.status, 403);
    const login = await served.call('', 'POST', '/v1/tokens', {}, { 'drover-identity': 'x.y.z' });
    assert.equal(login.status, 403);
  });

  test('hashes are never served, and passwords not at all', async () => {
    await using served = await serveFleet();
    await served.call(admin, 'POST', '/v1/users', { username: 'alice', password: 'correct horse' });
    await served.call('alice', 'POST', '/v1/tokens', {});
    await served.call(admin, 'POST', '/v1/clusters/alpha/join');
    for (const plural of ['tokens', 'jointokens', 'users']) {
      const list = await served.call(admin, 'GET', `${objectsPath}/${plural}`);
      assert.equal(list.body.items.length, 1);
      assert.doesNotMatch(list.text, /hash|argon2/);
      const table = await served.call(admin, 'GET', `${objectsPath}/${plural}?includeObject=Object`, undefined, {
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
      });
      assert.doesNotMatch(table.text, /hash|argon2/);
    }
    assert.equal((await served.call(admin, 'GET', `${objectsPath}/passwords`)).status, 404);
    const made = await served.call(admin, 'POST', `${objectsPath}/jointokens`, {});
    assert.equal(made.status, 405);
  });

  test('names that a header cannot carry, or that are Kubernetes’ own, are refused (T4)', async () => {
    await using served = await serveFleet();
    const post = async (groups: string[]): Promise<number> =>
      (await served.call(admin, 'POST', '/v1/users', { username: 'alice', password: 'correct horse', groups })).status;
    for (const group of ['system:masters', 'System:nodes', 'a,b', 'a\nb', 'größe', ' a'])
      assert.equal(await post([group]), 422, group);
    assert.equal(await post(['ok', 'a b']), 201);
  });

  test('what belonged to a user or a cluster goes with it, before the deletion is answered', async () => {
    await using served = await serveFleet();
    const { registry } = served.fleet;
    await served.call(admin, 'POST', '/v1/users', { username: 'alice', password: 'correct horse' });
    for (const name of ['alpha', 'beta']) await served.call(admin, 'POST', `/v1/clusters/${name}/join`);
    const limited = await served.call('alice', 'POST', '/v1/tokens', { clusters: ['alpha'] });
    const both = await served.call('alice', 'POST', '/v1/tokens', { clusters: ['alpha', 'beta'] });
    const early = await served.call('alice', 'POST', '/v1/tokens', { clusters: ['gamma'] });
    assert.deepEqual([early.status, early.body.reason], [404, 'NotFound']);
    await served.call(admin, 'DELETE', `${objectsPath}/clusters/alpha`, { dryRun: ['All'] });
    assert.ok(registry.find(tokens, limited.body.name));
    await served.call(admin, 'DELETE', `${objectsPath}/clusters/alpha`);
    assert.equal(registry.find(tokens, limited.body.name), undefined);
    assert.deepEqual(registry.get(tokens, both.body.name).spec.clusters, ['beta']);
    const left = (await served.call(admin, 'GET', `${objectsPath}/jointokens`)).body.items;
    assert.deepEqual(
      left.map((item: { spec: { cluster: string } }) => item.spec.cluster),
      ['beta'],
    );
    await served.call(admin, 'DELETE', `${objectsPath}/users/alice`);
    assert.deepEqual([registry.list(tokens), registry.list(passwords)], [[], []]);
  });

  test('expired tokens are swept a day later', async () => {
    await using served = await serveFleet();
    await served.call(admin, 'POST', '/v1/users', { username: 'alice', password: 'correct horse' });
    await served.call('alice', 'POST', '/v1/tokens', { ttlSeconds: 60 });
    const gone = (): boolean => served.fleet.registry.list(tokens).length === 0;
    served.clock.advance(3600_000);
    assert.equal(gone(), false);
    served.clock.advance(25 * 3600_000);
    for (let turn = 0; turn < 1000 && !gone(); turn++) await new Promise(resolve => setImmediate(resolve));
    assert.ok(gone());
  });
});

describe('accounts', () => {
  test('login gives a token that ends, and tells nothing of who exists', async () => {
    await using served = await serveFleet();
    const { call, fleet } = served;
    await fleet.accounts.bootstrapAdmin('first password');
    assert.equal(await fleet.accounts.bootstrapAdmin('another password'), false);
    const made = await call('', 'POST', '/v1/login', {
      username: 'admin',
      password: 'first password',
      ttlSeconds: 600,
    });
    assert.equal(made.status, 201);
    assert.match(made.body.token, /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
    assert.equal(made.body.user, 'admin');
    assert.equal(Date.parse(made.body.expiresAt), served.clock.now() + 600_000);
    assert.deepEqual(fleet.registry.get(users, 'admin').spec.groups, ['admins']);
    await call(admin, 'POST', '/v1/users', { username: 'off', password: 'correct horse' });
    await fleet.registry.update(users, 'off', user => ({ ...user, spec: { disabled: true } }));
    const wrong = await call('', 'POST', '/v1/login', { username: 'admin', password: 'wrong' });
    const unknown = await call('', 'POST', '/v1/login', { username: 'nobody', password: 'wrong' });
    const disabled = await call('', 'POST', '/v1/login', { username: 'off', password: 'correct horse' });
    assert.deepEqual([wrong.status, wrong.body.reason], [401, 'Unauthorized']);
    assert.deepEqual([unknown.body, disabled.body], [wrong.body, wrong.body]);
  });

  test('T13: attempts are limited by account, known or not, and by address', async () => {
    await using served = await serveFleet();
    await served.fleet.accounts.bootstrapAdmin('first password');
    for (const username of ['admin', 'nobody']) {
      const statuses: number[] = [];
      for (let attempt = 0; attempt < 11; attempt++) {
        statuses.push((await served.call('', 'POST', '/v1/login', { username, password: 'wrong' })).status);
      }
      assert.deepEqual(statuses, [...Array<number>(10).fill(401), 429], username);
    }
    const locked = await served.call('', 'POST', '/v1/login', { username: 'admin', password: 'first password' });
    assert.deepEqual([locked.status, locked.body.kind, locked.body.reason], [429, 'Status', 'TooManyRequests']);
    served.clock.advance(5 * 60_000);
    assert.equal(
      (await served.call('', 'POST', '/v1/login', { username: 'admin', password: 'first password' })).status,
      201,
    );
    let last = 0;
    const from = { 'drover-source-address': '192.0.2.1' };
    for (let attempt = 0; attempt < 61; attempt++) {
      last = (await served.call('', 'POST', '/v1/login', { username: 'x' }, from)).status;
      if (last !== 400) break;
    }
    assert.equal(last, 429);
    assert.notEqual((await served.call('', 'POST', '/v1/login', { username: 'x' })).status, 429);
  });

  test('T13: who knows his password logs in as often at once as he likes', async () => {
    await using served = await serveFleet();
    await served.call(admin, 'POST', '/v1/users', { username: 'alice', password: 'correct horse' });
    const login = (password: string) => served.call('', 'POST', '/v1/login', { username: 'alice', password });
    const answers = await Promise.all(Array.from({ length: 15 }, () => login('correct horse')));
    assert.deepEqual(
      answers.map(({ status }) => status),
      Array(15).fill(201),
    );
  });

  test('a token that has expired makes room for another', async () => {
    await using served = await serveFleet();
    const { accounts } = served.fleet;
    await accounts.createUser('alice', 'correct horse');
    for (let made = 0; made < accountLimits.maxTokensPerUser; made++) await accounts.issue('alice', { ttlSeconds: 60 });
    await assert.rejects(accounts.issue('alice'), { code: 'too-many-requests' });
    served.clock.advance(60_000);
    await accounts.issue('alice');
  });

  test('passwords: an administrator sets any, a user his own with the current one', async () => {
    await using served = await serveFleet();
    const { call } = served;
    await call(admin, 'POST', '/v1/users', { username: 'alice', password: 'correct horse' });
    const put = async (as: string, body: object): Promise<number> =>
      (await call(as, 'PUT', '/v1/users/alice/password', body)).status;
    assert.equal(await put('alice', { password: 'battery staple' }), 403);
    assert.equal(await put('alice', { password: 'battery staple', currentPassword: 'wrong' }), 403);
    assert.equal(await put('bob', { password: 'battery staple', currentPassword: 'correct horse' }), 403);
    assert.equal(await put('alice', { password: 'short', currentPassword: 'correct horse' }), 422);
    assert.equal(await put('alice', { password: 'battery staple', currentPassword: 'correct horse' }), 204);
    assert.equal(await put(admin, { password: 'third password' }), 204);
    assert.equal((await call('', 'POST', '/v1/login', { username: 'alice', password: 'third password' })).status, 201);
    assert.equal((await call(admin, 'PUT', '/v1/users/nobody/password', { password: 'third password' })).status, 404);
    assert.equal(
      (await call('alice', 'POST', '/v1/users', { username: 'eve', password: 'correct horse' })).status,
      403,
    );
    assert.equal(
      (await call(admin, 'POST', '/v1/users', { username: 'alice', password: 'correct horse' })).status,
      409,
    );
    assert.equal((await call('alice', 'POST', '/v1/tokens', { user: 'root' })).status, 403);
  });
});

describe('joining', () => {
  test('an offer has a join file, a manifest and a command, and the manifest comes for the token alone', async () => {
    await using served = await serveFleet();
    const offer = await served.call(admin, 'POST', '/v1/clusters/alpha/join', {});
    assert.equal(offer.status, 201);
    const join = readJoinFile(JSON.stringify(offer.body.join));
    const { uid } = served.fleet.registry.get(clusters, 'alpha').metadata;
    assert.deepEqual([join.cluster, join.hub.id], [{ name: 'alpha', uid }, 'hub-1']);
    assert.equal(join.hub.userPrefix, 'acme:'); // `drover agent` binds the administrators by it
    assert.match(offer.body.manifest, /^ {4}name: acme:admins$/m);
    assert.equal(Date.parse(join.expiresAt), served.clock.now() + 24 * 3600_000);
    const import_ = `/v1/import/${join.joinToken}.yaml`;
    assert.equal(
      offer.body.command,
      `curl -fsSk --pinnedpubkey 'sha256//${serverPin}' 'https://hub.example${import_}' | kubectl apply -f -`,
    );
    const manifest = await served.call('', 'GET', import_);
    assert.deepEqual([manifest.status, manifest.text], [200, offer.body.manifest]);
    assert.equal((await served.call('alice', 'POST', '/v1/clusters/alpha/join', {})).status, 403);
    assert.equal((await served.call(admin, 'POST', '/v1/clusters/Not%20a%20name/join', {})).status, 422);
  });

  test('T8: join tokens expire, can be revoked, and a new one leaves earlier ones alone', async () => {
    await using served = await serveFleet();
    const { call, clock } = served;
    const offer = async (body: object): Promise<string> =>
      (await call(admin, 'POST', '/v1/clusters/alpha/join', body)).body.join.joinToken;
    const status = async (token: string): Promise<number> => (await call('', 'GET', `/v1/import/${token}.yaml`)).status;
    const [short, long] = [await offer({ ttlSeconds: 60 }), await offer({})];
    assert.notEqual(short, long);
    assert.deepEqual([await status(short), await status(long)], [200, 200]);
    clock.advance(60_000);
    assert.deepEqual([await status(short), await status(long)], [401, 200]);
    const id = long.split('_')[1];
    assert.equal((await call(admin, 'DELETE', `${objectsPath}/jointokens/${id}`)).status, 200);
    assert.equal(await status(long), 401);
    assert.equal(await status('drj_nonsense'), 401);
  });

  test('T7, T8: the first key with a token is registered, another waits, a wrong token is refused', async () => {
    await using served = await serveFleet();
    const { call, fleet } = served;
    const { join } = (await call(admin, 'POST', '/v1/clusters/alpha/join', {})).body;
    const other = (await call(admin, 'POST', '/v1/clusters/beta/join', {})).body.join;
    const enrol = (publicKey: string, joinToken: string = join.joinToken, clusterUid: string = join.cluster.uid) =>
      fleet.enrolment.enrol({ clusterUid, publicKey, joinToken });
    const refused = { outcome: 'refused', code: 'join-token-invalid' };
    const [first, second] = [key(), key()];
    assert.deepEqual(await enrol(first, other.joinToken), refused);
    assert.deepEqual(await enrol(first, 'drj_x'), refused);
    assert.deepEqual(await enrol(first, join.joinToken, 'no-such-uid'), refused);
    assert.deepEqual(await enrol(first), { outcome: 'accepted', cluster: 'alpha' });
    assert.deepEqual(await enrol(second), { outcome: 'pending', cluster: 'alpha' });
    for (let more = 0; more < 20; more++) await enrol(key());
    assert.equal(fleet.registry.get(clusters, 'alpha').status?.pendingAgentKeys?.length, 16);
    served.clock.advance(25 * 3600_000);
    assert.deepEqual(await enrol(first), { outcome: 'accepted', cluster: 'alpha' }, 'a registered key needs no token');
    assert.deepEqual(await enrol(key()), refused);
    assert.equal((await call('alice', 'POST', '/v1/clusters/alpha/approve-agent')).status, 403);
    const approved = await call(admin, 'POST', '/v1/clusters/alpha/approve-agent');
    assert.equal(approved.body.status.pendingAgentKeys, undefined);
    assert.deepEqual(await enrol(second, ''), { outcome: 'accepted', cluster: 'alpha' });
    await assert.rejects(fleet.enrolment.enrol({ clusterUid: 1 }), { code: 'bad-request' });
    await assert.rejects(enrol('not a key'), { code: 'bad-request' });
  });

  test('of two first keys at once, one is first', async () => {
    await using served = await serveFleet();
    const { join } = (await served.call(admin, 'POST', '/v1/clusters/alpha/join', {})).body;
    const enrol = (): Promise<{ outcome: string }> =>
      served.fleet.enrolment.enrol({ clusterUid: join.cluster.uid, publicKey: key(), joinToken: join.joinToken });
    const replies = await Promise.all([enrol(), enrol(), enrol()]);
    assert.deepEqual(replies.map(reply => reply.outcome).sort(), ['accepted', 'pending', 'pending']);
  });
});

describe('the hub', () => {
  test('anybody may know what it is and how it is', async () => {
    await using served = await serveFleet();
    assert.equal((await served.call('', 'GET', '/v1/hub')).body.id, 'hub-1');
    for (const path of ['/healthz', '/livez', '/readyz']) assert.equal((await served.call('', 'GET', path)).text, 'ok');
    assert.equal(
      (await served.call('', 'GET', '/readyz?verbose')).text,
      '[+]ping ok\n[+]nats ok\n[+]durability ok: unknown\n[+]watch-cache ok\n[+]shutdown ok\nreadyz check passed\n',
    );
    assert.equal((await served.call('', 'GET', '/readyz/nats')).status, 401, 'single checks are for those who may');
    assert.equal((await served.call(admin, 'GET', '/readyz/nats')).text, 'ok');
    assert.match((await served.call('', 'GET', '/version')).body.gitVersion, /^v1\.\d+\.0\+drover-/);
  });

  test('the same function serves HTTP/2', async () => {
    await using served = await serveFleet();
    const server = createServer((request, response) => served.fleet.serve(request as never, response as never));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const call = (method: string, path: string, body?: string): Promise<[unknown, string]> =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':method': method, ':path': path, 'content-type': 'application/json' });
        let status: unknown;
        let text = '';
        stream.on('response', headers => {
          status = headers[':status'];
        });
        stream.on('data', chunk => {
          text += chunk;
        });
        stream.on('end', () => resolve([status, text])).on('error', reject);
        stream.end(body);
      });
    assert.equal((await call('GET', '/v1/hub'))[0], 200);
    assert.equal((await call('POST', '/v1/login', '{"username":"x","password":"y"}'))[0], 401);
    assert.equal((await call('GET', `${objectsPath}/clusters`))[0], 401);
    assert.deepEqual(await call('GET', '/readyz'), [200, 'ok']);
    session.destroy();
    server.close();
  });

  test('every failure is a Status', async () => {
    await using served = await serveFleet();
    const failures: [string, string, unknown, number][] = [
      ['GET', '/v1/nothing', undefined, 404],
      ['GET', '/nothing', undefined, 404],
      ['GET', '/v1/%E0%A4%A', undefined, 400],
      ['POST', '/v1/login', {}, 400],
      ['POST', '/v1/login', { username: 'x', password: 'y'.repeat(70_000) }, 413],
      ['DELETE', '/v1/login', undefined, 404],
    ];
    for (const [method, path, body, status] of failures) {
      const answer = await served.call(admin, method, path, body);
      assert.deepEqual(
        [answer.status, answer.body?.kind, answer.body?.code],
        [status, 'Status', status],
        `${method} ${path}`,
      );
    }
    const form = await served.call('', 'POST', '/v1/login', {}, { 'content-type': 'text/html' });
    assert.deepEqual([form.status, form.body.kind], [415, 'Status']);
  });

  test('T19: neither passwords, tokens, join tokens nor assertions are logged', async () => {
    await using served = await serveFleet();
    const { call } = served;
    const password = 'correct horse battery';
    await call(admin, 'POST', '/v1/users', { username: 'alice', password });
    const { token } = (await call('', 'POST', '/v1/login', { username: 'alice', password })).body;
    await call('', 'POST', '/v1/login', { username: 'alice', password: `${password}!` });
    const offer = (await call(admin, 'POST', '/v1/clusters/alpha/join', {})).body;
    await call('', 'GET', `/v1/import/${offer.join.joinToken}.yaml`);
    await call('', 'GET', `/v1/import/${offer.join.joinToken}x.yaml`);
    await call('', 'GET', `/v1/import/${offer.join.joinToken}`);
    await call('alice', 'GET', `${objectsPath}/tokens`, undefined, { authorization: `Bearer ${token}` });
    const log = served.log();
    assert.match(log, /"msg":"signed in"/);
    for (const secret of [
      password,
      token,
      offer.join.joinToken,
      token.slice(15, 40),
      offer.join.joinToken.slice(15, 40),
      'eyJ',
    ]) {
      assert.ok(!log.includes(secret), `${secret} is in the log`);
    }
  });
});
