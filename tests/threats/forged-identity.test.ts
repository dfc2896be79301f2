import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { AssertionSigner, announceKeys, loadSigningKey, newSigningKey, type SigningKey } from '@drover/identity';
import { eventually } from '@drover/testing';
import { dialHop, type HopTls, type TunnelSession } from '@drover/tunnel';
import { newKey, startAgent, stubToken, type TestAgent } from './agent.ts';
import { askThrough, type EvilGateway, startEvilGateway } from './evil-gateway.ts';
import { hopSession, serviceTls, startHopGateway } from './gateway.ts';
import { startTestHub, type TestHub } from './hub.ts';
import { type StubCluster, startStubCluster } from './stub-cluster.ts';

const admin = { user: 'drover:admin', groups: ['drover:admins'], extra: {} };
const minuteMs = 60_000;
const betaKey = newKey();
const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('whoever holds a gateway, and not the key of identities', () => {
  const running = new AsyncDisposableStack();
  let hub: TestHub;
  let stub: StubCluster;
  let elsewhere: StubCluster;
  let gateway: EvilGateway;
  let agent: TestAgent;
  let genuine: AssertionSigner;
  let jwk: Record<string, unknown>;

  before(async () => {
    hub = running.use(await startTestHub());
    stub = running.use(await startStubCluster({ ...hub.certificate, ca: hub.ca }));
    elsewhere = running.use(await startStubCluster({ ...hub.certificate, ca: hub.ca }));
    const file = await hub.joinFile('alpha');
    jwk = file.hub.identityKeys.keys[0] ?? {};
    genuine = await AssertionSigner.create(await loadSigningKey(join(hub.dataDir, 'keys/identity.json')));
    gateway = running.use(await startEvilGateway({ certificate: hub.certificate, hubId: file.hub.id }));
    agent = running.use(startAgent({ ...file, hub: { ...file.hub, tunnelUrls: [gateway.url] } }, stub.endpoint));
    await eventually(() => agent.connected() === 1);
  });
  beforeEach(() => stub.seen.splice(0));
  after(() => running.disposeAsync());

  const session = (): TunnelSession => {
    const open = gateway.session();
    assert.ok(open, 'the agent is not connected');
    return open;
  };
  const ask = (assertion: string | undefined, head = {}, cluster = agent.clusterUid) =>
    askThrough(session(), { cluster, assertion, head });
  const sign = (signer: AssertionSigner, audience: string, claims = admin, nowMs = Date.now()): Promise<string> =>
    signer.sign({ audience, ...claims, nowMs, lifetimeMs: minuteMs });

  test('an assertion of the hub passes, so that a refusal says something', async () => {
    assert.deepEqual(await ask(await sign(genuine, agent.clusterUid)), { status: 200, text: '{}' });
    assert.deepEqual(stub.seen[0]?.headers['impersonate-user'], ['drover:admin']);
    assert.deepEqual(stub.seen[0]?.headers['impersonate-group'], ['drover:admins']);
    assert.deepEqual(stub.seen[0]?.headers['authorization'], [`Bearer ${stubToken}`]);
  });

  const forged: Record<string, () => Promise<string | undefined>> = {
    'no assertion': async () => undefined,
    'an assertion of a key of its own': async () =>
      sign(await AssertionSigner.create(await newSigningKey()), agent.clusterUid),
    'an assertion of a key of its own under the hub’s kid': async () =>
      sign(await AssertionSigner.create({ ...(await newSigningKey()), kid: String(jwk['kid']) }), agent.clusterUid),
    'an assertion for another cluster': () => sign(genuine, 'another-cluster'),
    'an assertion for the hub’s own API': () => sign(genuine, 'hub'),
    'an assertion that has expired': () => sign(genuine, agent.clusterUid, admin, Date.now() - 10 * minuteMs),
    'an assertion of tomorrow': () => sign(genuine, agent.clusterUid, admin, Date.now() + 1440 * minuteMs),
    'an assertion whose payload was changed': async () => {
      const [head, , signature] = (await sign(genuine, agent.clusterUid, { ...admin, user: 'drover:bob' })).split('.');
      const now = Math.floor(Date.now() / 1000);
      const payload = {
        groups: admin.groups,
        extra: {},
        sub: admin.user,
        aud: agent.clusterUid,
        iat: now,
        exp: now + 60,
      };
      return [head, base64url(payload), signature].join('.');
    },
    'alg none': async () => unsigned('none', ''),
    'HS256 by the public key': async () => {
      const text = unsigned('HS256', '').slice(0, -1);
      return `${text}.${createHmac('sha256', Buffer.from(String(jwk['x']), 'base64url'))
        .update(text)
        .digest('base64url')}`;
    },
    'system:masters': () => sign(genuine, agent.clusterUid, { ...admin, groups: ['system:masters'] }),
    'system:admin': () => sign(genuine, agent.clusterUid, { ...admin, user: 'system:admin' }),
  };
  const unsigned = (alg: string, signature: string): string => {
    const now = Math.floor(Date.now() / 1000);
    const head = { alg, kid: jwk['kid'], typ: 'drover-identity+jwt' };
    const payload = { ...admin, sub: admin.user, aud: agent.clusterUid, iat: now, exp: now + 60 };
    return `${base64url(head)}.${base64url(payload)}.${signature}`;
  };
  for (const [what, assertion] of Object.entries(forged)) {
    const number = what === 'no assertion' ? 'T3' : what.startsWith('system:') ? 'T4' : 'T6';
    test(`${number} an agent refuses ${what}, and its cluster hears nothing`, async () => {
      const value = await assertion();
      for (const upgrade of [false, true]) {
        const head = upgrade ? { method: 'POST', headers: ['upgrade', 'SPDY/3.1'] } : {};
        const answer = await askThrough(session(), { cluster: agent.clusterUid, assertion: value, head, upgrade });
        assert.equal(answer.status, 403, answer.text);
        assert.match(answer.text, /"kind":"Status"/);
      }
      assert.deepEqual(stub.seen, []);
    });
  }

  test('T6 an identity that was just shown can be replayed for its minute, as its own user and nobody else', async () => {
    // What is left, and is said plainly (docs/security.md): the request may be another, the identity may not.
    const shown = await sign(genuine, agent.clusterUid, { ...admin, user: 'drover:bob', groups: [] });
    assert.equal((await ask(shown, { target: '/first' })).status, 200);
    const headers = [
      'impersonate-user',
      'drover:admin',
      'Impersonate-Group',
      'drover:admins',
      'authorization',
      'Bearer x',
    ];
    assert.equal((await ask(shown, { target: '/second', headers })).status, 200);
    for (const { headers: seen } of stub.seen) {
      assert.deepEqual(seen['impersonate-user'], ['drover:bob']);
      assert.equal(seen['impersonate-group'], undefined);
      assert.deepEqual(seen['authorization'], [`Bearer ${stubToken}`]);
    }
  });

  test('T9 a gateway announces no identity keys of its own: none but those that the hub’s key has signed', async () => {
    const evil = await newSigningKey();
    const thief = await AssertionSigner.create(evil);
    const hubId = (await hub.joinFile('alpha')).hub.id;
    const announce = async (by: SigningKey, seq: number, keys: Record<string, unknown>[]): Promise<void> => {
      const announcement = await announceKeys(by, { hubId, role: 'identity', seq, keys }, Date.now());
      session().control({ type: 'identity-keys', announcements: [announcement] });
    };
    const forged = [jwk, { ...evil.publicJwk }];
    await announce(evil, 1, forged);
    await announce({ ...evil, kid: String(jwk['kid']) }, 1, forged);
    for (const nonsense of [{ announcements: 'x' }, { announcements: [null] }, { announcements: ['', 'a.b.c'] }])
      session().control({ type: 'identity-keys', ...nonsense });
    assert.equal((await ask(await sign(thief, agent.clusterUid))).status, 403);
    assert.deepEqual(stub.seen, []);
    // What the hub has signed counts, by whichever gateway it comes; so the refusal says something.
    await announce(await loadSigningKey(join(hub.dataDir, 'keys/identity.json')), 1, forged);
    // Another user: what was refused under its number stays so.
    const other = { ...admin, user: 'drover:other' };
    assert.equal((await ask(await sign(thief, agent.clusterUid, other))).status, 200);
    assert.equal((await ask(await sign(genuine, agent.clusterUid))).status, 200);
  });

  test('T2 an agent replaces what a gateway says of the identity, in any case and form', async () => {
    const headers = [
      ...['Impersonate-User', 'system:admin', 'IMPERSONATE-GROUP', 'system:masters', 'impersonate-uid', '0'],
      ...[
        'Impersonate-Extra-A',
        'b',
        'X-Remote-User',
        'system:admin',
        'Authorization',
        'Bearer stolen',
        'cookie',
        'a=b',
      ],
      ...['drover-identity', 'x', 'connection', 'impersonate-group'],
    ];
    assert.equal((await ask(await sign(genuine, agent.clusterUid), { headers })).status, 200);
    const { headers: seen } = stub.seen[0] ?? { headers: {} };
    const said = Object.entries(seen).filter(([name]) => /^(impersonate|x-remote|drover|auth|cookie)/.test(name));
    assert.deepEqual(Object.fromEntries(said), {
      'impersonate-user': ['drover:admin'],
      'impersonate-group': ['drover:admins'],
      authorization: [`Bearer ${stubToken}`],
    });
  });

  test('T7 a stream for another cluster is refused, even with an identity for this one', async () => {
    const answer = await ask(await sign(genuine, agent.clusterUid), {}, 'another-cluster');
    assert.equal(answer.status, 403);
    assert.deepEqual(stub.seen, []);
  });

  test('T18 no target that a gateway sends makes the agent dial another host', async () => {
    const assertion = await sign(genuine, agent.clusterUid);
    const host = `127.0.0.1:${elsewhere.port}`;
    const targets = [
      `https://${host}/api`,
      `http://${host}/api`,
      `//${host}/api`,
      host,
      `@${host}/api`,
      `:${elsewhere.port}/api`,
      '*',
      '',
      `/api HTTP/1.1\thost: ${host}`,
      '/api\u0000',
    ];
    for (const target of targets) {
      for (const [method, upgrade] of [
        ['GET', false],
        ['POST', true],
        ['CONNECT', false],
      ] as const) {
        const headers = ['host', host, 'x-forwarded-host', host, ...(upgrade ? ['upgrade', 'SPDY/3.1'] : [])];
        const answer = await askThrough(session(), {
          cluster: agent.clusterUid,
          assertion,
          head: { method, target, headers },
          upgrade,
        }).catch(String);
        if (typeof answer === 'string') assert.match(answer, /^Error: protocol/, `${method} ${target}`);
        else assert.equal(answer.status, 400, `${method} ${target}: ${answer.text}`);
      }
    }
    assert.deepEqual(stub.seen, []);
    assert.equal(elsewhere.seen.length + elsewhere.connections.size, 0);
    assert.equal(agent.connected(), 1);
  });

  test('T18 no method makes the connection to the kube-apiserver anything else than HTTP', async () => {
    const assertion = await sign(genuine, agent.clusterUid);
    for (const method of ['CONNECT', 'get', 'G ET', '', 'GET /x HTTP/1.1']) {
      assert.equal((await ask(assertion, { method })).status, 400, method);
    }
    assert.deepEqual(stub.seen, []);
    // One that a kube-apiserver does not know is its own to refuse; the connection stays sound.
    for (const method of ['TRACE', 'PRI', 'BREW']) {
      await ask(assertion, { method });
      assert.deepEqual(await ask(assertion), { status: 200, text: '{}' }, method);
    }
    assert.equal(agent.connected(), 1);
  });

  test('T6 an assertion that a hop session makes up reaches the agent and is refused there', async () => {
    await using hop = await startBeta(hub, stub);
    const self = await AssertionSigner.create(await newSigningKey());
    const assertion = await sign(self, hop.agent.clusterUid);
    assert.equal((await askThrough(hop.session, { cluster: hop.agent.clusterUid, assertion })).status, 403);
    assert.equal((await askThrough(hop.session, { cluster: hop.agent.clusterUid, assertion: undefined })).status, 403);
    assert.deepEqual(stub.seen, []);
    const real = await sign(genuine, hop.agent.clusterUid);
    assert.equal((await askThrough(hop.session, { cluster: hop.agent.clusterUid, assertion: real })).status, 200);
  });

  test('T6 only auth-proxies and gateways may open streams on a gateway', async () => {
    await using hop = await startBeta(hub, stub);
    const signal = AbortSignal.timeout(10_000);
    const ends = async (tls: HopTls): Promise<string> => {
      const { promise, resolve } = Promise.withResolvers<string>();
      try {
        const transport = await dialHop(hop.address, tls, () => true, signal);
        transport.start({ onBytes: () => resolve('was served'), onClose: () => resolve('was closed'), onDrain() {} });
      } catch {
        resolve('was refused');
      }
      return promise;
    };
    assert.equal(await ends(await serviceTls(hub, 'auth-proxy')), 'was served');
    assert.match(await ends(await serviceTls(hub, 'fleet-api')), /closed|refused/);
    const ca = await readFile(join(hub.dataDir, 'pki/internal-ca.crt'), 'utf8');
    assert.match(await ends({ ...hub.certificate, ca }), /closed|refused/);
  });
});

/** An honest gateway with an agent of `beta` on it, and a session that claims to be an auth-proxy's. */
async function startBeta(hub: TestHub, stub: StubCluster) {
  await using starting = new AsyncDisposableStack();
  const join = await hub.joinFile('beta');
  const gateway = starting.use(await startHopGateway(hub, 'gateway-2'));
  // One key for every agent of this cluster, since a second would wait for approval.
  const agent = starting.use(
    startAgent({ ...join, hub: { ...join.hub, tunnelUrls: [gateway.url] } }, stub.endpoint, { key: betaKey }),
  );
  const { session } = starting.use(await hopSession(hub, gateway));
  await eventually(() => agent.connected() === 1);
  const started = starting.move();
  return { session, agent, address: gateway.hopAddress, [Symbol.asyncDispose]: () => started.disposeAsync() };
}
