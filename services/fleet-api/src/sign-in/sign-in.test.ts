import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { serveFleet } from '../fleet-for-tests.ts';
import { newObject, users } from '../resources/index.ts';
import { Identities } from './identities.ts';
import { userNameOf } from './user-names.ts';

const password = 'correct horse battery';
type Served = Awaited<ReturnType<typeof serveFleet>>;

async function post(
  served: Served,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
) {
  const response = await fetch(served.url + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const cookiesOf = (headers: Headers): string =>
  headers
    .getSetCookie()
    .map(cookie => cookie.split(';')[0])
    .join('; ');

async function withAlice() {
  const served = await serveFleet();
  await served.fleet.accounts.createUser('alice', password);
  const login = async () => (await served.call('', 'POST', '/v1/login', { username: 'alice', password })).body;
  const renew = async (session: string) => {
    const fields = { grant_type: 'refresh_token', client_id: 'drover-cli', refresh_token: session };
    const answer = await post(served, '/v1/oauth/token', fields);
    return { status: answer.status, body: JSON.parse(answer.text) };
  };
  return { served, login, renew };
}

describe('sessions', () => {
  test('one is renewed until its absolute limit, and lists itself', async () => {
    const { served, login, renew } = await withAlice();
    await using _ = served;
    const begun = await login();
    for (let hour = 0; hour < 11; hour++) {
      served.clock.advance(3_600_000);
      assert.equal((await renew(begun.session)).status, 200);
    }
    const { body } = await renew(begun.session);
    assert.deepEqual([body.token_type, body.user, body.refresh_token], ['Bearer', 'alice', begun.session]);
    const listed = (await served.call('alice', 'GET', '/v1/sessions')).body.sessions;
    assert.deepEqual([listed.length, listed[0].id, listed[0].provider], [1, begun.name, 'local']);
    served.clock.advance(3_600_000);
    assert.deepEqual((await renew(begun.session)).body.error, 'invalid_grant');
  });

  test('one that is ended, idle, of a disabled user, or revoked by time is renewed no more', async () => {
    const { served, login, renew } = await withAlice();
    await using _ = served;
    const ended = await login();
    assert.equal((await served.call('bob', 'DELETE', `/v1/sessions/${ended.name}`)).status, 404);
    assert.equal((await served.call('alice', 'DELETE', `/v1/sessions/${ended.name}`)).status, 204);
    assert.equal((await renew(ended.session)).status, 400);
    const idle = await login();
    served.clock.advance(4 * 3_600_000 + 1000);
    // The sweep of idle sessions may come first.
    assert.match((await renew(idle.session)).body.error_description, /not used for too long|The session has ended/);
    const revoked = await login();
    assert.equal((await served.call('bob', 'POST', '/v1/users/alice/revoke')).status, 403);
    assert.equal((await served.call('alice', 'POST', '/v1/users/alice/revoke')).status, 200);
    assert.equal((await renew(revoked.session)).status, 400);
    served.clock.advance(2_000);
    const last = await login();
    assert.equal((await renew(last.session)).status, 200);
    await served.fleet.registry.update(users, 'alice', user => ({ ...user, spec: { ...user.spec, disabled: true } }));
    assert.equal((await renew(last.session)).status, 400);
  });

  test('while the store is away who is signed in goes on, and nobody new signs in; what it lost goes on too', async () => {
    const { served, login, renew } = await withAlice();
    await using _ = served;
    const [one, two] = [await login(), await login()];
    assert.equal((await served.call('alice', 'DELETE', `/v1/sessions/${two.name}`)).status, 204);
    served.stores.away = true;
    assert.equal((await renew(one.session)).status, 200);
    assert.equal((await renew(two.session)).status, 400);
    const refused = await served.call('', 'POST', '/v1/login', { username: 'alice', password });
    assert.equal(refused.status, 503);
    assert.match(refused.body.message, /sign in/);
    served.stores.away = false;
    served.stores.clear();
    assert.equal((await renew(one.session)).status, 200);
    assert.equal((await renew(two.session)).status, 400);
    assert.equal((await served.call('alice', 'GET', '/v1/sessions')).body.sessions.length, 1);
  });

  test('T10 neither an access credential nor another’s word renews a session', async () => {
    const { served, login, renew } = await withAlice();
    await using _ = served;
    const begun = await login();
    for (const wrong of [begun.token, `${begun.session}x`, 'x', `${begun.session.split('.').slice(0, 2).join('.')}.`]) {
      assert.equal((await renew(wrong)).body.error, 'invalid_grant');
    }
  });
});

describe('the forms', () => {
  test('T10 login CSRF: a form that no page of the hub gave to this browser signs nobody in', async () => {
    const { served } = await withAlice();
    await using _ = served;
    const page = await fetch(`${served.url}/login?next=//evil.example`);
    const html = await page.text();
    const form = /name="form" value="([^"]+)"/.exec(html)?.[1] ?? '';
    const cookie = cookiesOf(page.headers);
    assert.match(html, /name="next" value="\/account"/);
    const fields = { form, username: 'alice', password, next: '/account' };
    const refusals: [Record<string, string>, Record<string, string>][] = [
      [fields, {}],
      [{ ...fields, form: 'x' }, { cookie }],
      [fields, { cookie: '__Host-drover-browser=another' }],
      [fields, { cookie, 'sec-fetch-site': 'cross-site' }],
      [fields, { cookie, 'sec-fetch-site': 'same-site' }],
    ];
    for (const [sent, headers] of refusals) {
      const answer = await post(served, '/login/local', sent, headers);
      assert.equal(answer.status, 403);
      assert.doesNotMatch(String(answer.headers.get('set-cookie')), /session/);
    }
    const good = await post(served, '/login/local', { ...fields, next: '/\\evil.example' }, { cookie });
    assert.deepEqual([good.status, good.headers.get('location')], [303, '/account']);
    const cookies = good.headers.getSetCookie();
    assert.match(
      cookies.join('\n'),
      /__Host-drover-session=eyJ[^;]+; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Lax/,
    );
    assert.notEqual(cookiesOf(good.headers).split('__Host-drover-browser=')[1], cookie.split('=')[1]);
    const json = await served.call('', 'POST', '/login/local', fields, { cookie });
    assert.equal(json.status, 415);
  });

  test('pages may be framed by nobody, run nothing and are kept nowhere', async () => {
    const { served } = await withAlice();
    await using _ = served;
    for (const path of ['/login', '/account', '/device', '/login/nowhere/callback']) {
      const { headers } = await fetch(served.url + path, { redirect: 'manual' });
      const policy = String(headers.get('content-security-policy'));
      assert.match(policy, /default-src 'none'.*frame-ancestors 'none'/, path);
      assert.doesNotMatch(policy, /unsafe|script-src/);
      assert.deepEqual(
        ['cache-control', 'x-content-type-options', 'strict-transport-security'].map(name => headers.get(name)),
        ['no-store', 'nosniff', 'max-age=31536000'],
        path,
      );
    }
  });

  test('T10 a name from a form or a query is text in the page', async () => {
    const { served } = await withAlice();
    await using _ = served;
    const page = await fetch(`${served.url}/login`);
    const form = /name="form" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
    const headers = { cookie: cookiesOf(page.headers) };
    const answer = await post(served, '/login/local', { form, username: '"><script>x</script>', password }, headers);
    assert.equal(answer.status, 401);
    assert.doesNotMatch(answer.text, /<script/);
  });
});

describe('the command line is allowed', () => {
  test('T10 a code needs S256, the loopback address, and goes to no other place', async () => {
    const { served } = await withAlice();
    await using _ = served;
    const good = {
      response_type: 'code',
      client_id: 'drover-cli',
      redirect_uri: 'http://127.0.0.1:4711/callback',
      state: 's',
      code_challenge: createHash('sha256').update('v').digest('base64url'),
      code_challenge_method: 'S256',
    };
    const ask = async (change: Record<string, string>) => {
      const query = new URLSearchParams({ ...good, ...change });
      return fetch(`${served.url}/v1/oauth/authorize?${query}`, { redirect: 'manual' });
    };
    assert.equal((await ask({})).status, 303);
    assert.equal((await ask({ redirect_uri: 'http://[::1]:4711/callback' })).status, 303);
    const wrong: Record<string, string>[] = [
      { client_id: 'another' },
      { response_type: 'token' },
      { code_challenge_method: 'plain' },
      { code_challenge: 'short' },
      { redirect_uri: 'https://evil.example/callback' },
      { redirect_uri: 'http://127.0.0.1.evil.example:1/callback' },
      { redirect_uri: 'http://127.0.0.1:80@evil.example/callback' },
      { redirect_uri: 'http://localhost:4711/callback' },
      { redirect_uri: 'http://127.0.0.1:4711/callback#x' },
      { redirect_uri: 'http://127.0.0.1:99999/callback' },
    ];
    for (const change of wrong) {
      const answer = await ask(change);
      assert.deepEqual([answer.status, answer.headers.get('location')], [400, null], JSON.stringify(change));
    }
  });

  test('a device is polled no quicker than told, and its code ends', async () => {
    const { served } = await withAlice();
    await using _ = served;
    const begun = JSON.parse((await post(served, '/v1/oauth/device_authorization', { client_id: 'drover-cli' })).text);
    assert.match(begun.user_code, /^[B-Z]{4}-[B-Z]{4}$/);
    const fields = {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: 'drover-cli',
      device_code: begun.device_code,
    };
    const poll = async () => JSON.parse((await post(served, '/v1/oauth/token', fields)).text).error;
    assert.equal(await poll(), 'authorization_pending');
    assert.equal(await poll(), 'slow_down');
    served.clock.advance(5_000);
    assert.equal(await poll(), 'authorization_pending');
    served.clock.advance(600_000);
    assert.equal(await poll(), 'expired_token');
    assert.equal(
      JSON.parse((await post(served, '/v1/oauth/token', { grant_type: 'password', client_id: 'drover-cli' })).text)
        .error,
      'unsupported_grant_type',
    );
  });
});

describe('identities', () => {
  const provider = (name: string, uid: string) => {
    const head = newObject('AuthProvider', name);
    return { ...head, metadata: { ...head.metadata, uid }, spec: { type: 'oidc' as const, enabled: true } };
  };

  test('T10 a first sign-in is never somebody who is there already, or for whom roles wait', async () => {
    const { served } = await withAlice();
    await using _ = served;
    const { registry } = served.fleet;
    const logger = { info: () => {}, warn: () => {} } as never;
    const known = new Identities(registry, logger);
    const corp = provider('corp', 'u-1');
    const identity = { subject: '42', username: 'Alice', email: 'alice@corp.example', groups: [] };
    const user = await known.userOf(corp, identity);
    assert.equal(user.metadata.name, 'alice-corp');
    assert.equal((await known.userOf(corp, identity)).metadata.uid, user.metadata.uid);
    // Another provider of the name, and the same subject elsewhere, are somebody else.
    assert.notEqual((await known.userOf(provider('corp', 'u-2'), identity)).metadata.uid, user.metadata.uid);
    await served.call('root/admins', 'POST', '/apis/drover.dev/v1/globalrolebindings', {
      ...newObject('GlobalRoleBinding', 'waiting'),
      metadata: { name: 'waiting' },
      spec: { globalRole: 'admin', user: 'carol' },
    });
    assert.equal(
      (await known.userOf(corp, { subject: '43', username: 'carol', groups: [] })).metadata.name,
      'carol-corp',
    );
  });

  test('a first sign-in on many replicas at once makes one user', async () => {
    const { served } = await withAlice();
    await using _ = served;
    const logger = { info: () => {}, warn: () => {} } as never;
    const corp = provider('corp', 'u-1');
    const identity = { subject: '7', username: 'dora', groups: [] };
    const replicas = Array.from({ length: 8 }, () => new Identities(served.fleet.registry, logger));
    const found = await Promise.all(replicas.map(replica => replica.userOf(corp, identity)));
    assert.equal(new Set(found.map(({ metadata }) => metadata.uid)).size, 1);
    const doras = served.fleet.registry.list(users).filter(({ metadata }) => metadata.name.startsWith('dora'));
    assert.equal(doras.length, 1);
  });

  test('a user who is gone leaves nobody to be', async () => {
    const { served } = await withAlice();
    await using _ = served;
    const { registry } = served.fleet;
    const known = new Identities(registry, { info: () => {}, warn: () => {} } as never);
    const corp = provider('corp', 'u-1');
    const user = await known.userOf(corp, { subject: '9', username: 'erin', groups: [] });
    await registry.delete(users, user.metadata.name);
    await served.fleet.accounts.createUser('erin', password);
    assert.equal(known.find(corp, '9'), undefined);
  });

  test('names of users are DNS names, whatever they are elsewhere', () => {
    const cases = {
      Alice: 'alice',
      'alice@corp.example': 'alice-corp.example',
      'Zoë Müller': 'zoe-muller',
      '..x..': 'x',
    };
    for (const [name, expected] of Object.entries(cases)) assert.equal(userNameOf(name), expected);
    assert.match(userNameOf('李雷'), /^user-[0-9a-f]{10}$/);
  });
});
