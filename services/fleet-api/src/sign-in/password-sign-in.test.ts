import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { readAuditNote } from '@drover/contracts';
import { admin, objectsPath, serveFleet } from '../fleet-for-tests.ts';
import { company } from './ldap/directory-for-tests.ts';
import { cannotStartSlapd, Slapd } from './ldap/slapd-for-tests.ts';

type Hub = Awaited<ReturnType<typeof serveFleet>>;

const login = (hub: Hub, body: object, source = '192.0.2.1') =>
  hub.call('', 'POST', '/v1/login', body, { 'drover-source-address': source });
const noteOf = ({ headers }: { headers: Headers }) => readAuditNote(headers.get('drover-audit-note'));

test('a password that somebody else chose opens nothing but its own change', async () => {
  await using hub = await serveFleet();
  const username = 'alice';
  const first = 'first password';
  const next = 'another password';
  await hub.call(admin, 'POST', '/v1/users', { username, password: first, mustChange: true });

  const refused = await login(hub, { username, password: first });
  assert.equal(refused.status, 403);
  assert.match(refused.body.message, /chosen by somebody else/);
  assert.equal((await login(hub, { username, password: 'wrong', newPassword: next })).status, 401);
  assert.equal((await login(hub, { username, password: first, newPassword: first })).status, 422);
  assert.equal((await login(hub, { username, password: first, newPassword: 'alice1234' })).status, 422);
  const changed = await login(hub, { username, password: first, newPassword: next });
  assert.equal(changed.status, 201, changed.text);
  assert.equal((await login(hub, { username, password: first })).status, 401);
  assert.equal((await login(hub, { username, password: next })).status, 201);
  // An administrator sets another: it is to be changed again.
  await hub.call(admin, 'PUT', '/v1/users/alice/password', { password: 'third password', mustChange: true });
  assert.equal((await login(hub, { username, password: 'third password' })).status, 403);
});

test('the page asks for another password, too', async () => {
  await using hub = await serveFleet();
  await hub.call(admin, 'POST', '/v1/users', { username: 'alice', password: 'first password', mustChange: true });
  const page = await fetch(`${hub.url}/login`);
  const cookie = page.headers
    .getSetCookie()
    .map(one => one.split(';')[0])
    .join('; ');
  const [, form = ''] = /name="form" value="([^"]+)"/.exec(await page.text()) ?? [];
  const send = (more: Record<string, string>) =>
    fetch(`${hub.url}/login/local`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie },
      body: new URLSearchParams({ form, username: 'alice', password: 'first password', ...more }),
    });
  const asked = await send({});
  assert.equal(asked.status, 403);
  assert.match(await asked.text(), /name="new-password"/);
  const weak = await send({ 'new-password': '12345678' });
  assert.equal(weak.status, 422);
  assert.match(await weak.text(), /name="new-password"/);
  assert.equal((await send({ 'new-password': 'another password' })).status, 303);
});

test('T13 guesses are counted by account and address, and lock no owner out', async () => {
  await using hub = await serveFleet();
  const alice = { username: 'alice', password: 'a right password' };
  await hub.call(admin, 'POST', '/v1/users', alice);
  assert.equal((await login(hub, alice, '198.51.100.1')).status, 201);
  let refused = 0;
  for (let n = 0; n < 12; n++)
    if ((await login(hub, { ...alice, password: 'wrong' }, '203.0.113.5')).status === 429) refused++;
  assert.equal(refused, 2);
  assert.equal((await login(hub, alice, '203.0.113.5')).status, 429, 'nor with the right one');
  assert.equal((await login(hub, alice, '198.51.100.1')).status, 201);
  // Changing a password is no way around it.
  const change = { currentPassword: 'wrong', password: 'another password' };
  const guess = () =>
    hub.call('alice', 'PUT', '/v1/users/alice/password', change, { 'drover-source-address': '203.0.113.9' });
  for (let n = 0; n < 10; n++) assert.equal((await guess()).status, 403);
  assert.equal((await guess()).status, 429);
});

test('T13 an unknown user, one without a password, a disabled one and a wrong password are one answer', async () => {
  await using hub = await serveFleet();
  const password = 'a right password';
  await hub.call(admin, 'POST', '/v1/users', { username: 'alice', password });
  await hub.call(admin, 'POST', '/v1/users', { username: 'off', password });
  const merge = { 'content-type': 'application/merge-patch+json' };
  await hub.call(admin, 'PATCH', `${objectsPath}/users/off`, { spec: { disabled: true } }, merge);
  const none = { apiVersion: 'drover.dev/v1', kind: 'User', metadata: { name: 'none' } };
  await hub.call(admin, 'POST', `${objectsPath}/users`, none);
  const answers = [];
  for (const username of ['alice', 'nobody', 'off', 'none', 'Not A Name', 'drv_x'])
    answers.push(await login(hub, { username, password: username === 'off' ? password : 'wrong' }));
  assert.deepEqual(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
});

test('the audit is told of each sign-in and refusal, of tokens and of passwords', async () => {
  await using hub = await serveFleet();
  const alice = { username: 'alice', password: 'a right password' };
  const made = await hub.call(admin, 'POST', '/v1/users', alice);
  assert.deepEqual(noteOf(made), { action: 'user-made', object: 'users/alice' });
  const signedIn = await login(hub, alice);
  assert.deepEqual(noteOf(signedIn), {
    action: 'sign-in',
    provider: 'local',
    account: 'alice',
    object: `sessions/${signedIn.body.name}`,
  });
  assert.deepEqual(noteOf(await login(hub, { ...alice, password: 'wrong' })), {
    action: 'sign-in-refused',
    provider: 'local',
    account: 'alice',
    reason: 'unauthenticated',
  });
  const elsewhere = noteOf(await login(hub, { ...alice, provider: 'nowhere' }));
  assert.deepEqual([elsewhere?.action, elsewhere?.reason], ['sign-in-refused', 'not-found']);
  const token = await hub.call('alice', 'POST', '/v1/tokens', {});
  assert.deepEqual(noteOf(token), { action: 'token-made', account: 'alice', object: `tokens/${token.body.name}` });
  const changed = await hub.call('alice', 'PUT', '/v1/users/alice/password', {
    currentPassword: alice.password,
    password: 'another password',
  });
  assert.deepEqual(noteOf(changed), { action: 'password-changed', account: 'alice' });
});

suite('signing in by a directory', { skip: await cannotStartSlapd() }, () => {
  let slapd: Slapd;
  before(async () => {
    slapd = await Slapd.start({ entries: company('ldap://127.0.0.1:1') });
  });
  after(() => slapd[Symbol.asyncDispose]());

  const provider = (change: object = {}) => ({
    apiVersion: 'drover.dev/v1',
    kind: 'AuthProvider',
    metadata: { name: 'corp' },
    spec: {
      type: 'ldap',
      enabled: true,
      access: { mode: 'groups', groups: ['engineering'] },
      ldap: {
        servers: [slapd.ldaps],
        ca: slapd.ca,
        directory: 'active-directory',
        bindDn: `cn=hub,${Slapd.suffix}`,
        bindPassword: 'hub-password',
        users: { base: `ou=people,${Slapd.suffix}` },
        groups: { base: `ou=groups,${Slapd.suffix}` },
      },
      ...change,
    },
  });
  const path = `${objectsPath}/authproviders`;

  test('makes a user of his groups with a session, by the provider’s rule of who may', async () => {
    await using hub = await serveFleet();
    const made = await hub.call(admin, 'POST', path, provider());
    assert.equal(made.status, 201, made.text);
    const alice = { provider: 'corp', username: 'ALICE@corp.example', password: 'alice-password' };
    const signedIn = await login(hub, alice);
    assert.equal(signedIn.status, 201, signedIn.text);
    assert.equal(signedIn.body.user, 'alice');
    const user = await hub.call(admin, 'GET', `${objectsPath}/users/alice`);
    assert.deepEqual(user.body.status.groups, ['corp:developers', 'corp:engineering', 'corp:staff']);
    const [identity] = user.body.status.identities;
    assert.deepEqual(
      [identity.subject, identity.email],
      ['33221100-5544-7766-8899-aabbccddeeff', 'alice@corp.example'],
    );
    // bob is not of the group; the answer to a wrong password is the same for everybody.
    const bob = { provider: 'corp', username: 'bob', password: 'bob-password' };
    assert.equal((await login(hub, bob)).status, 403);
    assert.equal((await login(hub, { ...bob, password: 'wrong' })).status, 401);
    assert.equal((await login(hub, { ...bob, password: '' })).status, 401, 'T11');
    assert.equal((await login(hub, { ...alice, newPassword: 'x'.repeat(12) })).status, 422);
    assert.doesNotMatch(hub.log(), /-password/, 'T19');
  });

  test('T10 a local user of the name is another person', async () => {
    await using hub = await serveFleet();
    await hub.call(admin, 'POST', path, provider());
    await hub.call(admin, 'POST', '/v1/users', { username: 'alice', password: 'a right password', groups: ['admins'] });
    const signedIn = await login(hub, { provider: 'corp', username: 'alice', password: 'alice-password' });
    assert.equal(signedIn.body.user, 'alice-corp');
  });

  test('a directory that is away refuses in words, and counts as no wrong password', async () => {
    await using hub = await serveFleet();
    await hub.call(admin, 'POST', path, provider());
    const merge = { 'content-type': 'application/merge-patch+json' };
    const ldap = { servers: ['ldaps://127.0.0.1:1'], bindPassword: 'hub-password' };
    assert.equal((await hub.call(admin, 'PATCH', `${path}/corp`, { spec: { ldap } }, merge)).status, 200);
    const alice = { provider: 'corp', username: 'alice', password: 'alice-password' };
    for (let n = 0; n < 12; n++) {
      const refused = await login(hub, alice);
      assert.equal(refused.status, 503);
      assert.match(refused.body.message, /corp does not answer/);
    }
    const back = { servers: [slapd.ldap], bindPassword: 'hub-password' };
    await hub.call(admin, 'PATCH', `${path}/corp`, { spec: { ldap: back } }, merge);
    assert.equal((await login(hub, alice)).status, 201);
  });
});
