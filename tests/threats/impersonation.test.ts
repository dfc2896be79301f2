import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type AuditEvent,
  cannotStartCluster,
  eventually,
  kubectl,
  run,
  startCluster,
  type TestCluster,
} from '@drover/testing';
import { connectCluster } from './agent.ts';
import { callHttp2 } from './http2-client.ts';
import { type Answer, startTestHub, type TestHub } from './hub.ts';
import { openRaw } from './raw-connection.ts';

const auditPolicy = JSON.stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
});
const alpha = '/k8s/clusters/alpha';
type Fields = readonly (readonly [name: string, value: string])[];

// Each request names itself in its query, by which the cluster's own audit log tells who the cluster took it from.
describe('a caller who tries to be someone else, before a real kube-apiserver', { skip: cannotStartCluster() }, () => {
  const running = new AsyncDisposableStack();
  let cluster: TestCluster;
  let hub: TestHub;
  let alice: string;
  let sent = 0;

  before(async () => {
    [cluster, hub] = await Promise.all([startCluster({ auditPolicy }), startTestHub()]);
    running.use(cluster);
    running.use(hub);
    running.use(await connectCluster(hub, 'alpha', cluster));
    alice = await hub.createUser('alice', ['developers']);
  });
  after(() => running.disposeAsync());

  const inAudit = async (mark: string): Promise<AuditEvent[]> =>
    (await cluster.auditLog()).filter(({ requestURI }) => requestURI.includes(mark));
  /** What the cluster's audit log says of a request that it has answered. */
  const inAuditOnce = (mark: string): Promise<AuditEvent> => eventually(async () => (await inAudit(mark))[0]);
  const send = async (token: string, headers: Fields): Promise<Answer & { mark: string }> => {
    const mark = `mark-${++sent}.`;
    const path = `${alpha}/api/v1/namespaces?labelSelector=mark%3D${mark}`;
    return { ...(await hub.call(path, { token, headers })), mark };
  };
  /** The cluster has heard nothing of a request that came before one which it has logged. */
  const neverArrived = async (mark: string): Promise<void> => {
    await inAuditOnce((await send(alice, [])).mark);
    assert.deepEqual(await inAudit(mark), []);
  };

  const claims: Fields[] = [
    [['Impersonate-User', 'drover:admin']],
    [['impersonate-user', 'system:admin']],
    [
      ['IMPERSONATE-USER', 'drover:admin'],
      ['IMPERSONATE-GROUP', 'system:masters'],
    ],
    [['Impersonate-Group', 'system:masters']],
    [['Impersonate-Uid', '1']],
    [['Impersonate-Extra-Scopes', 'all']],
    [['Impersonate-Extra-drover.dev%2foriginal-user', 'drover:admin']],
    [['Impersonate-Anything-New', 'x']],
  ];
  for (const claim of claims) {
    const names = claim.map(([name, value]) => `${name}: ${value}`).join(', ');
    test(`T1 alice with ${names} is refused, over HTTP/1.1 and HTTP/2`, async () => {
      const { status, json, mark } = await send(alice, claim);
      assert.equal(status, 403);
      assert.match(String(json['message']), /may not impersonate/);
      const path = `${alpha}/api/v1/namespaces?labelSelector=mark%3D${mark}`;
      const lower = Object.fromEntries(claim.map(([name, value]) => [name.toLowerCase(), value]));
      assert.equal((await callHttp2(hub, { path, token: alice, headers: lower })).status, 403);
      await neverArrived(mark);
    });
  }

  const ignored: Fields[] = [
    [
      ['X-Remote-User', 'drover:admin'],
      ['X-Remote-Group', 'system:masters'],
      ['x-remote-extra-a', 'b'],
    ],
    [
      ['Drover-Identity', 'eyJhbGciOiJub25lIn0.e30.'],
      ['drover-source-address', '1.2.3.4'],
    ],
    [['Cookie', 'session=admin']],
    [['Proxy-Authorization', 'Bearer x']],
    [['Audit-ID', 'chosen-by-alice']],
  ];
  for (const claim of ignored) {
    test(`T1 ${claim.map(([name]) => name).join(', ')} says nothing of who asks`, async () => {
      const { status, headers, mark } = await send(alice, claim);
      assert.equal(status, 403); // alice may not list namespaces: the cluster's own word
      const event = await inAuditOnce(mark);
      assert.equal(event.impersonatedUser?.username, 'drover:alice');
      assert.deepEqual(event.impersonatedUser?.groups, ['drover:developers', 'system:authenticated']);
      assert.equal(event.impersonatedUser?.extra, undefined);
      // Both audits name the request alike, by a name that the hub made.
      assert.ok('auditID' in event && event.auditID === [headers['audit-id']].flat()[0], JSON.stringify(headers));
      assert.notEqual(headers['audit-id'], 'chosen-by-alice');
    });
  }

  test('T1 an administrator impersonates, and the original user stays', async () => {
    const mark = `mark-${++sent}.`;
    const { status, text } = await callHttp2(hub, {
      path: `${alpha}/api/v1/namespaces?labelSelector=mark%3D${mark}`,
      token: hub.adminToken,
      headers: { 'impersonate-user': 'bob', 'impersonate-group': ['one', 'two'] },
    });
    assert.equal(status, 403, text);
    const { impersonatedUser, user } = await inAuditOnce(mark);
    assert.equal(impersonatedUser?.username, 'bob');
    assert.deepEqual(impersonatedUser?.groups, ['one', 'two', 'system:authenticated']);
    assert.deepEqual(impersonatedUser?.extra, { 'drover.dev/original-user': ['drover:admin'] });
    assert.equal(user.username, 'system:serviceaccount:drover-system:drover-impersonator');
  });

  test('T1 not even an administrator becomes one of Kubernetes’ own names, or says who is behind', async () => {
    for (const claim of [
      [['Impersonate-User', 'system:admin']],
      [['Impersonate-User', 'SYSTEM:admin']],
      [
        ['Impersonate-User', 'bob'],
        ['Impersonate-Group', 'system:masters'],
      ],
      [
        ['Impersonate-User', 'bob'],
        ['Impersonate-Extra-drover.dev%2foriginal-user', 'carol'],
      ],
      [
        ['Impersonate-User', 'bob'],
        ['Impersonate-User', 'carol'],
      ],
    ] satisfies Fields[]) {
      const { status, mark } = await send(hub.adminToken, claim);
      assert.ok(status === 403 || status === 400, `${status} ${JSON.stringify(claim)}`);
      await neverArrived(mark);
    }
  });

  test('T2 a group that a client names does not stand beside those of its user', async () => {
    // The refusal of T1 is one wall; what the cluster sees of a request that passes is the other.
    const before = await send(alice, [['x-impersonate-group', 'system:masters']]);
    assert.deepEqual((await inAuditOnce(before.mark)).impersonatedUser?.groups, [
      'drover:developers',
      'system:authenticated',
    ]);
    const { status, mark } = await send(hub.adminToken, [
      ['impersonate-user', 'bob'],
      ['Impersonate-Group', 'SYSTEM:MASTERS'],
    ]);
    assert.ok(status === 403 || status === 400, String(status));
    await neverArrived(mark);
  });

  const nominations = [
    'impersonate-user',
    'Impersonate-User, Impersonate-Group',
    'keep-alive, impersonate-user, authorization',
    'authorization',
    'impersonate-extra-drover.dev%2foriginal-user',
    'audit-id, host',
  ];
  for (const nominated of nominations) {
    test(`T3 Connection: ${nominated} takes nothing away that says who asks`, async () => {
      using client = await openRaw(hub, hub.url);
      const mark = `mark-${++sent}.`;
      client.write(
        `GET ${alpha}/api/v1/namespaces?labelSelector=mark%3D${mark} HTTP/1.1\r\nhost: a\r\n` +
          `authorization: Bearer ${alice}\r\nconnection: ${nominated}\r\n\r\n`,
      );
      await client.until(/^HTTP\/1\.1 403 .*User \\"drover:alice\\" cannot list/s);
      const event = await inAuditOnce(mark);
      assert.equal(event.impersonatedUser?.username, 'drover:alice');
      assert.equal(event.user.username, 'system:serviceaccount:drover-system:drover-impersonator');
    });
  }

  test('T3 the account of users’ traffic can do nothing but impersonate', async () => {
    const account = '--as=system:serviceaccount:drover-system:drover-impersonator';
    const { stdout } = await run(await kubectl(), ['auth', 'can-i', '--list', account], {
      env: { KUBECONFIG: cluster.kubeconfig, HOME: cluster.dir },
    });
    // What Kubernetes allows to everybody who is authenticated, and impersonation.
    const resources = stdout
      .split('\n')
      .slice(1)
      .filter(line => line !== '' && !line.startsWith(' '));
    assert.ok(
      resources.some(line => line.includes('impersonate')),
      stdout,
    );
    for (const line of resources) assert.match(line, /\[impersonate\]$|^selfsubject(access|rules)reviews\./, stdout);
  });

  const unsafe: Record<string, readonly string[]> = {
    'CR and LF': ['a\r\nImpersonate-Group: system:masters'],
    'a line feed': ['a\nb'],
    NUL: ['a\0b'],
    'a comma': ['a,system:masters'],
    'characters beyond ASCII': ['dév'],
    'a character that ends in a line feed as latin1': ['a\u010ab'],
    'a space at its end': ['a '],
    nothing: [''],
    'a leading system:': ['system:masters'],
    'a leading System:': ['System:masters'],
    'more groups than can be carried': Array.from({ length: 513 }, (_, at) => `g${at}`),
    'more bytes than can be carried': Array.from({ length: 500 }, (_, at) => `${at}`.padEnd(200, 'g')),
  };
  for (const [what, groups] of Object.entries(unsafe)) {
    test(`T4 a group list with ${what} is refused with a clear error`, async () => {
      const body = { username: 'mallory', password: 'a long password', groups };
      const made = await hub.call('/v1/users', { method: 'POST', token: hub.adminToken, body });
      assert.ok([400, 413, 422].includes(made.status), `${made.status} ${made.text}`);
      assert.ok(String(made.json['message']).length > 10, made.text);
      const object = {
        apiVersion: 'drover.dev/v1',
        kind: 'User',
        metadata: { name: 'mallory' },
        spec: { groups },
      };
      const created = await hub.call('/apis/drover.dev/v1/users', {
        method: 'POST',
        token: hub.adminToken,
        body: object,
      });
      assert.ok(created.status === 422 || created.status === 400, `${created.status} ${created.text}`);
      assert.equal((await hub.call('/apis/drover.dev/v1/users/mallory', { token: hub.adminToken })).status, 404);
    });
  }
  for (const name of ['system:admin', 'a,b', 'a b', 'a\nb', 'dév', 'ADMIN', '../admin', '']) {
    test(`T4 a user’s name ${JSON.stringify(name)} is refused`, async () => {
      const body = { username: name, password: 'a long password' };
      const made = await hub.call('/v1/users', { method: 'POST', token: hub.adminToken, body });
      assert.ok(made.status === 422 || made.status === 400, `${made.status} ${made.text}`);
    });
  }

  test('T4 a list of groups of 40 KB is carried whole', async () => {
    const groups = Array.from({ length: 400 }, (_, at) => `${at}-`.padEnd(100, 'g'));
    const token = await hub.createUser('many', groups);
    const { status, mark } = await send(token, []);
    assert.equal(status, 403);
    const { impersonatedUser } = await inAuditOnce(mark);
    assert.deepEqual(impersonatedUser?.groups, [...groups.map(group => `drover:${group}`), 'system:authenticated']);
  });
});
