import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { ManualClock } from '@drover/async';
import type { LdapProviderSpec } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { createLogger } from '@drover/telemetry';
import { DirectoryConnection } from './ldap/connection.ts';
import { aliceGuid, company } from './ldap/directory-for-tests.ts';
import { cannotStartSlapd, Slapd } from './ldap/slapd-for-tests.ts';
import { LdapProvider } from './ldap.ts';

const skip = await cannotStartSlapd();
const base = Slapd.suffix;
const { signal } = new AbortController();
const code = (wanted: string) => (error: unknown) => error instanceof DroverError && error.code === wanted;

suite('a directory like Active Directory', { skip }, () => {
  let slapd: Slapd;
  let elsewhere: Listener;
  let logged = '';

  before(async () => {
    elsewhere = await listen(() => {});
    slapd = await Slapd.start({ entries: company(`ldap://127.0.0.1:${elsewhere.port}`) });
  });
  after(async () => {
    await slapd[Symbol.asyncDispose]();
    elsewhere.close();
  });

  type Change = Partial<Omit<LdapProviderSpec, 'users' | 'groups'>> & {
    users?: Partial<LdapProviderSpec['users']>;
    groups?: Partial<NonNullable<LdapProviderSpec['groups']>> | undefined;
  };
  const provider = (
    change: Change = {},
    clock = new ManualClock(),
    bindPassword: string | undefined = 'hub-password',
  ): LdapProvider =>
    new LdapProvider({
      name: 'corp',
      spec: {
        servers: [slapd.ldaps],
        ca: slapd.ca,
        directory: 'active-directory',
        bindDn: `cn=hub,${base}`,
        ...change,
        users: { base: `ou=people,${base}`, ...change.users },
        groups: { base: `ou=groups,${base}`, membership: 'member', nested: 'auto', ...change.groups },
      },
      bindPassword: async () => bindPassword,
      clock,
      logger: createLogger({
        name: 'fleet-api',
        destination: {
          write: line => {
            logged += line;
          },
        },
      }),
    });
  const verify = (which: LdapProvider, username: string, password = `${username}-password`) =>
    which.verify({ username, password, signal });

  const alice = {
    subject: aliceGuid.text,
    username: 'alice',
    displayName: 'Alice Adams',
    email: 'alice@corp.example',
    groups: ['developers', 'engineering', 'staff'],
  };

  test('searches and binds over LDAPS and over StartTLS, by either name, and walks groups in groups', async () => {
    assert.deepEqual(await verify(provider(), 'alice'), alice);
    assert.deepEqual(await verify(provider({ servers: [slapd.ldap] }), 'alice'), alice);
    assert.deepEqual(await verify(provider(), 'alice@corp.example', 'alice-password'), alice);
    assert.deepEqual(await verify(provider(), 'ALICE', 'alice-password'), alice);
    assert.equal(await verify(provider(), 'alice', 'bob-password'), undefined);
  });

  test('binds directly by a distinguished name, and reads as the user or as the hub', async () => {
    const directBind = `cn={username},ou=people,${base}`;
    assert.deepEqual(await verify(provider({ directBind }), 'alice'), alice);
    assert.deepEqual(await verify(provider({ directBind, bindDn: '' }), 'alice'), alice);
    assert.equal(await verify(provider({ directBind }), 'alice', 'bob-password'), undefined);
    // An account that may bind and is no user.
    const anybody = `cn={username},${base}`;
    assert.equal(await verify(provider({ directBind: anybody }), 'hub', 'hub-password'), undefined);
  });

  test('finds the user again by what never changes, and tells who is gone', async () => {
    const refresh = (subject: string) => provider().refresh({ subject, username: 'another', signal });
    assert.deepEqual(await refresh(aliceGuid.text), alice);
    assert.equal(await refresh('99999999-9999-9999-9999-999999999999'), 'gone');
    assert.equal(await refresh('02020202-0202-0202-0202-020202020202'), 'gone', 'a disabled account');
    // Without an account nobody can be asked for anybody; that is no reason to end a session.
    const alone = provider({ directBind: `cn={username},ou=people,${base}`, bindDn: '' });
    await assert.rejects(
      alone.refresh({ subject: aliceGuid.text, username: 'alice', signal }),
      code('provider-unavailable'),
    );
  });

  test('takes no disabled account, no computer, and nobody whose name two have', async () => {
    for (const name of ['carol', 'robot', 'twin']) assert.equal(await verify(provider(), name), undefined, name);
    assert.match(logged, /several entries/);
  });

  test('the subject is the configured attribute, and the username too', async () => {
    const users = { subjectAttribute: 'entryUUID', usernameAttribute: 'uid', loginAttributes: ['uid'] };
    const found = await verify(provider({ users }), 'bob');
    assert.match(found?.subject ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-/);
    assert.deepEqual(await provider({ users }).refresh({ subject: found?.subject ?? '', username: '', signal }), found);
    assert.equal(await verify(provider({ users: { subjectAttribute: 'employeeNumber' } }), 'bob'), undefined);
  });

  test('groups: only those below the base, by member or memberOf, nested or not', async () => {
    const groups = async (change: Change['groups']) => (await verify(provider({ groups: change }), 'alice'))?.groups;
    assert.deepEqual(await groups({ nested: 'none' }), ['developers']);
    assert.deepEqual(await groups({ membership: 'memberOf' }), ['developers', 'engineering', 'staff']);
    assert.deepEqual(await groups({ membership: 'memberOf', nested: 'none' }), ['developers']);
    assert.deepEqual(await groups({ base }), ['developers', 'engineering', 'outside', 'staff']);
    assert.deepEqual(await groups({ filter: '(cn=staff)' }), []);
    // slapd does not know the rule, and says so by finding nothing.
    assert.deepEqual(await groups({ nested: 'chain' }), []);
  });

  test('T11 an empty password never binds, nor one that a server in C takes for empty', async () => {
    await slapd.operations();
    const direct = provider({ directBind: `cn={username},ou=people,${base}` });
    for (const which of [provider(), direct])
      for (const password of ['', '\0', '\0alice-password']) {
        assert.equal(await verify(which, 'alice', password), undefined);
      }
    assert.equal(await slapd.operations(), '');
    await assert.rejects(verify(provider({}, new ManualClock(), ''), 'alice'), code('provider-unavailable'));
    assert.equal(await slapd.operations(), '');
  });

  test('T11 a name is a value of the filter, and never a part of it', async () => {
    const tries = [
      '*',
      'ali*',
      'alice)(cn=*',
      '*)(objectClass=*',
      'nobody)(|(cn=alice)',
      'alice\\2a',
      'al\\69ce',
      '\\',
    ];
    for (const name of tries) assert.equal(await verify(provider(), name, 'alice-password'), undefined, name);
    const directBind = `cn={username},ou=people,${base}`;
    for (const name of [
      'alice,ou=people',
      'x+cn=alice',
      'alice,ou=people,dc=corp,dc=example#',
      '"alice"',
      '#616c696365',
    ])
      assert.equal(await verify(provider({ directBind }), name, 'alice-password'), undefined, name);
    const principal = provider({ directBind: '{username}@corp.example' });
    for (const name of ['CORP\\alice', 'bob@corp.example,x', 'a/b'])
      assert.equal(await verify(principal, name, 'alice-password'), undefined, name);
    assert.throws(() => provider({ users: { filter: '(&(cn=x)' } }), code('invalid'));
    assert.throws(() => provider({ directBind: '{username}' }), code('invalid'), 'EXTERNAL would be a mechanism');
  });

  test('T11 a referral is never followed', async () => {
    assert.equal(await verify(provider(), 'faraway'), undefined);
    const directBind = `cn={username},ou=people,${base}`;
    assert.equal(await verify(provider({ directBind }), 'faraway'), undefined);
    const below = provider({ users: { base: `cn=faraway,ou=people,${base}` } });
    await assert.rejects(verify(below, 'alice'), code('provider-unavailable'));
    const groupsThere = provider({ groups: { base: `ou=people,${base}`, filter: '(objectClass=*)' } });
    assert.deepEqual((await verify(groupsThere, 'bob'))?.groups, []);
    assert.equal(elsewhere.connections, 0);
  });

  test('T13 an unknown user costs the directory what a wrong password costs it', async () => {
    await slapd.operations();
    await verify(provider(), 'alice', 'wrong');
    const wrong = await slapd.operations();
    await verify(provider(), 'nobody', 'wrong');
    const unknown = await slapd.operations();
    assert.equal(wrong, 'BIND SRCH BIND');
    assert.equal(unknown, wrong);
  });

  test('nothing is said in the clear, nor to a server of another CA or name', async () => {
    await using plain = await Slapd.start({ entries: company('ldap://127.0.0.1:1'), tls: false });
    await assert.rejects(verify(provider({ servers: [plain.ldap] }), 'alice'), code('provider-unavailable'));
    assert.equal(await plain.operations(), 'EXT');
    const { port } = new URL(slapd.ldaps);
    const { port: plainPort } = new URL(slapd.ldap);
    await slapd.operations();
    for (const servers of [[`ldaps://localhost:${port}`], [`ldap://localhost:${plainPort}`]])
      await assert.rejects(verify(provider({ servers }), 'alice'), code('provider-unavailable'));
    for (const servers of [[slapd.ldaps], [slapd.ldap]])
      await assert.rejects(verify(provider({ servers, ca: undefined }), 'alice'), code('provider-unavailable'));
    assert.doesNotMatch(await slapd.operations(), /BIND/);
  });

  test('a connection that is lost after StartTLS does not come back in the clear', async () => {
    const { port } = new URL(slapd.ldap);
    const clients: Socket[] = [];
    using proxy = await listen(client => {
      clients.push(client);
      const server = connect(Number(port), '127.0.0.1').on('error', () => {});
      client.on('close', () => server.destroy());
      server.pipe(client).pipe(server);
    });
    const { ca } = slapd;
    using connection = await DirectoryConnection.open({ url: `ldap://127.0.0.1:${proxy.port}`, ca, signal });
    assert.equal(await connection.bind(`cn=hub,${base}`, 'hub-password'), true);
    for (const client of clients) client.destroy();
    // The first may still find the connection there.
    for (let tries = 0; tries < 3; tries++) await assert.rejects(connection.bind(`cn=hub,${base}`, 'hub-password'));
    assert.equal(proxy.connections, 1);
  });

  test('several servers are asked in their order, and one that failed last', async () => {
    const clock = new ManualClock();
    using silent = await listen(() => clock.advance(10_000));
    const which = provider(
      { servers: ['ldaps://127.0.0.1:1', `ldaps://127.0.0.1:${silent.port}`, slapd.ldaps] },
      clock,
    );
    assert.deepEqual(await verify(which, 'alice'), alice);
    assert.deepEqual(await verify(which, 'alice'), alice);
    assert.equal(silent.connections, 1, 'it rests');
    clock.advance(60_000);
    assert.deepEqual(await verify(which, 'alice'), alice);
    assert.equal(silent.connections, 2);
    // A wrong password is an answer: it is not tried on the next server, where it would count again.
    await slapd.operations();
    assert.equal(await verify(provider({ servers: [slapd.ldaps, slapd.ldap] }), 'alice', 'wrong'), undefined);
    assert.equal(await slapd.operations(), 'BIND SRCH BIND');
  });

  test('no server answers, the hub’s own account is refused, or the caller goes away', async () => {
    await assert.rejects(verify(provider({ servers: ['ldaps://127.0.0.1:1'] }), 'alice'), code('provider-unavailable'));
    const refused = provider({ bindDn: `cn=bob,ou=people,${base}`, servers: [slapd.ldaps, slapd.ldap] });
    await slapd.operations();
    await assert.rejects(verify(refused, 'alice'), code('provider-unavailable'));
    assert.equal(await slapd.operations(), 'BIND', 'and is not tried on the next server');
    const leaving = new AbortController();
    using silent = await listen(() => leaving.abort(new Error('gone')));
    const ask = { username: 'alice', password: 'alice-password', signal: leaving.signal };
    await assert.rejects(provider({ servers: [`ldaps://127.0.0.1:${silent.port}`] }).verify(ask), /gone/);
    assert.doesNotMatch(logged, /-password/, 'T19');
  });
});

interface Listener extends Disposable {
  readonly port: number;
  connections: number;
  close(): void;
}

async function listen(onConnection: (socket: Socket) => void): Promise<Listener> {
  const sockets: Socket[] = [];
  const server: Server = createServer(socket => {
    sockets.push(socket.on('error', () => {}));
    listener.connections++;
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  const listener: Listener = {
    port: (server.address() as AddressInfo).port,
    connections: 0,
    close,
    [Symbol.dispose]: close,
  };
  return listener;
}
