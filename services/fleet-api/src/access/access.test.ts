import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryStore } from '@drover/apiserver';
import { eventually } from '@drover/testing';
import { admin, serveFleet } from '../fleet-for-tests.ts';
import { globalRoleBindings, globalRoles, roleTemplates, tokens, users } from '../resources/index.ts';
import { bindingObjects, globalRoleObjects, roleTemplateObjects } from './built-ins.ts';
import { giveRole, make, mayDo, object, pathOf } from './for-tests.ts';

const password = 'correct horse';
const podReader = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
const merge = { 'content-type': 'application/merge-patch+json' };

describe('what the hub ships', () => {
  test('is there at the first start, and comes back when it is deleted or was changed in the store', async () => {
    const store = new MemoryStore();
    await using served = await serveFleet(store);
    const { registry } = served.fleet;
    const wanted = [...globalRoleObjects, ...roleTemplateObjects, ...bindingObjects].length;
    const found = [registry.list(globalRoles), registry.list(roleTemplates), registry.list(globalRoleBindings)].flat();
    assert.equal(found.length, wanted);
    for (const [plural, name] of [
      ['globalroles', 'admin'],
      ['globalrolebindings', 'admins'],
      ['roletemplates', 'cluster-owner'],
    ] as const) {
      const uid = (await served.call(admin, 'GET', `${pathOf(plural)}/${name}`)).body.metadata.uid;
      assert.equal((await served.call(admin, 'DELETE', `${pathOf(plural)}/${name}`)).status, 200);
      // The administrator is one also in between.
      assert.equal((await served.call(admin, 'GET', pathOf('users'))).status, 200);
      await eventually(async () => {
        const again = await served.call(admin, 'GET', `${pathOf(plural)}/${name}`);
        return again.status === 200 && again.body.metadata.uid !== uid ? again : undefined;
      });
    }
    await registry.update(globalRoles, 'user-base', role => ({ ...role, spec: { ...role.spec, rules: [] } }));
    await eventually(() => registry.get(globalRoles, 'user-base').spec.rules[0]);
  });

  test('a newer edition is left alone, so that replicas of two versions do not fight', async () => {
    await using served = await serveFleet();
    const { registry } = served.fleet;
    const newer = { 'drover.dev/builtin-edition': '999' };
    await registry.update(globalRoles, 'user', role => ({
      ...role,
      metadata: { ...role.metadata, annotations: newer },
      spec: { ...role.spec, rules: podReader },
    }));
    await served.call(admin, 'DELETE', `${pathOf('globalroles')}/user-base`);
    await eventually(() => registry.find(globalRoles, 'user-base'));
    assert.deepEqual(registry.get(globalRoles, 'user').spec.rules, podReader);
  });

  test('cannot be changed by clients, whoever they are, nor taken the name of', async () => {
    await using served = await serveFleet();
    const patch = async (path: string, body: object) => served.call(admin, 'PATCH', path, body, merge);
    const changed = await patch(`${pathOf('globalroles')}/user`, { spec: { rules: [] } });
    assert.equal(changed.status, 422);
    assert.match(changed.body.message, /spec\.rules: Forbidden: a built-in object cannot be changed/);
    assert.equal((await patch(`${pathOf('globalroles')}/user`, { spec: { builtin: null } })).status, 422);
    assert.equal((await patch(`${pathOf('roletemplates')}/nodes-view`, { spec: { locked: true } })).status, 200);
    const annotated = await patch(`${pathOf('globalroles')}/user`, {
      metadata: { annotations: { 'drover.dev/builtin-edition': '999', note: 'hello' } },
    });
    assert.deepEqual(annotated.body.metadata.annotations, { 'drover.dev/builtin-edition': '1', note: 'hello' });
    const mine = object('GlobalRole', 'mine', { rules: podReader, builtin: true });
    assert.equal((await served.call(admin, 'POST', pathOf('globalroles'), mine)).status, 422);
  });
});

/** What each built-in global role may do beside `user-base`: resource and verbs. */
const matrix: Record<string, Record<string, string>> = {
  admin: {
    clusters: 'get list create update delete',
    users: 'get list create update delete',
    tokens: 'get list create update delete',
    globalroles: 'get list create update delete',
    globalrolebindings: 'get list create update delete',
    roletemplates: 'get list create update delete',
    authproviders: 'get list create update delete',
    settings: 'get list create update delete',
    nodedrivers: 'get list create update delete',
  },
  user: { clusters: 'get list create', roletemplates: 'get list', settings: 'get list' },
  'user-base': { clusters: 'get list' },
  'clusters-create': { clusters: 'get list create', roletemplates: 'get list' },
  'users-manage': {
    clusters: 'get list',
    users: 'get list create update delete',
    globalrolebindings: 'get list create update delete',
    globalroles: 'get list',
  },
  'tokens-manage': { clusters: 'get list', tokens: 'get list create update delete', users: 'get list' },
  'roles-manage': {
    clusters: 'get list',
    globalroles: 'get list create update delete',
    roletemplates: 'get list create update delete',
  },
  'authn-manage': { clusters: 'get list', authproviders: 'get list create update delete' },
  'settings-manage': { clusters: 'get list', settings: 'get list create update delete' },
  'drivers-manage': { clusters: 'get list', nodedrivers: 'get list create update delete' },
};
/** What everybody may do: his own tokens are listed and made by all. */
const everybody: Record<string, string> = { users: 'list', tokens: 'list create' };
const resources = Object.keys(matrix['admin'] ?? {});

test('the built-in global roles allow what the table says, and nothing else', async () => {
  await using served = await serveFleet();
  assert.deepEqual(Object.keys(matrix).sort(), globalRoleObjects.map(({ metadata }) => metadata.name).sort());
  for (const [role, allowed] of Object.entries(matrix)) {
    await giveRole(served, `has-${role}`, role);
    for (const resource of resources)
      for (const verb of ['get', 'list', 'create', 'update', 'delete', 'bind', 'escalate', 'impersonate']) {
        const name = ['list', 'create'].includes(verb) ? {} : { name: 'x' };
        const asked = { verb, group: 'drover.dev', resource, ...name };
        const wanted =
          role === 'admin'
            ? (allowed[resource]?.split(' ').includes(verb) ?? false) ||
              ['bind', 'escalate', 'impersonate', 'update'].includes(verb)
            : [allowed[resource], everybody[resource]].some(verbs => verbs?.split(' ').includes(verb));
        assert.equal(await mayDo(served, `has-${role}`, asked), wanted, `${role}: ${verb} ${resource}`);
      }
  }
});

describe('nobody gives what he does not hold', () => {
  const refused = (answer: { status: number; body: { reason: string } }): void =>
    assert.deepEqual([answer.status, answer.body.reason], [403, 'Forbidden']);

  test('roles: the refusal is kube-apiserver’s, for create, update and every patch', async () => {
    await using served = await serveFleet();
    await giveRole(served, 'rita', 'roles-manage');
    const { call } = served;
    const wide = object('GlobalRole', 'wide', {
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
    });
    const answer = await call('rita/dev', 'POST', pathOf('globalroles'), wide);
    refused(answer);
    assert.equal(
      answer.body.message,
      'globalroles.drover.dev "wide" is forbidden: user "rita" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}',
    );
    const own = { rules: [{ apiGroups: ['drover.dev'], resources: ['clusters'], verbs: ['get'] }] };
    assert.equal((await call('rita', 'POST', pathOf('globalroles'), object('GlobalRole', 'small', own))).status, 201);
    const small = (await call('rita', 'GET', `${pathOf('globalroles')}/small`)).body;
    const grown = { ...small, spec: { rules: [...own.rules, ...podReader] } };
    refused(await call('rita', 'PUT', `${pathOf('globalroles')}/small`, grown));
    refused(await call('rita', 'PATCH', `${pathOf('globalroles')}/small`, { spec: grown.spec }, merge));
    const add = [{ op: 'add', path: '/spec/rules/-', value: podReader[0] }];
    const json = { 'content-type': 'application/json-patch+json' };
    refused(await call('rita', 'PATCH', `${pathOf('globalroles')}/small`, add, json));
    const apply = { 'content-type': 'application/apply-patch+yaml' };
    for (const name of ['small', 'fresh']) {
      const wanted = object('GlobalRole', name, grown.spec);
      const applied = await call(
        'rita',
        'PATCH',
        `${pathOf('globalroles')}/${name}?fieldManager=t&force=true`,
        wanted,
        apply,
      );
      assert.equal(applied.status, 403, applied.text);
    }
    assert.deepEqual((await call('rita', 'GET', `${pathOf('globalroles')}/small`)).body.spec.rules, own.rules);
    // What was there before does not hinder another change, and `escalate` allows all.
    await make(served, 'globalroles', object('GlobalRole', 'big', { rules: podReader }));
    assert.equal(
      (await call('rita', 'PATCH', `${pathOf('globalroles')}/big`, { spec: { displayName: 'Big' } }, merge)).status,
      200,
    );
    const escalate = { rules: [{ apiGroups: ['drover.dev'], resources: ['globalroles'], verbs: ['escalate'] }] };
    await make(served, 'globalroles', object('GlobalRole', 'escalator', escalate));
    await giveRole(served, 'rita', 'escalator');
    assert.equal((await call('rita', 'POST', pathOf('globalroles'), wide)).status, 201);
  });

  test('role templates: with what they inherit, and a foreign ClusterRole counts as everything', async () => {
    await using served = await serveFleet();
    await giveRole(served, 'rita', 'roles-manage');
    const post = async (name: string, spec: object) =>
      served.call(
        'rita',
        'POST',
        pathOf('roletemplates'),
        object('RoleTemplate', name, { context: 'cluster', ...spec }),
      );
    refused(await post('a', { rules: podReader }));
    refused(await post('b', { roleTemplateNames: ['cluster-owner'] }));
    refused(await post('c', { external: true }));
    const own = [{ apiGroups: ['drover.dev'], resources: ['roletemplates'], verbs: ['get'] }];
    assert.equal((await post('d', { rules: own })).status, 201);
    assert.equal((await post('e', { rules: own, roleTemplateNames: ['d'] })).status, 201);
    const cycle = await served.call(
      admin,
      'PATCH',
      `${pathOf('roletemplates')}/d`,
      { spec: { roleTemplateNames: ['e'] } },
      merge,
    );
    assert.equal(cycle.status, 422);
    assert.match(cycle.body.message, /cannot inherit themselves: d -> e -> d/);
    const missing = await post('f', { roleTemplateNames: ['nothing'] });
    assert.match(missing.body.message, /spec\.roleTemplateNames\[0\]: Not found: "nothing"/);
    const moved = await served.call(
      admin,
      'PATCH',
      `${pathOf('roletemplates')}/d`,
      { spec: { context: 'project' } },
      merge,
    );
    assert.match(moved.body.message, /spec\.context: Invalid value: "project": field is immutable/);
  });

  test('bindings: by the role’s rules or by the verb bind, and never changed', async () => {
    await using served = await serveFleet();
    await giveRole(served, 'uma', 'users-manage');
    const bind = async (as: string, name: string, globalRole: string) =>
      served.call(
        as,
        'POST',
        pathOf('globalrolebindings'),
        object('GlobalRoleBinding', name, { globalRole, user: 'eve' }),
      );
    refused(await bind('uma', 'a', 'admin'));
    refused(await bind('uma', 'b', 'settings-manage'));
    assert.equal((await bind('uma', 'c', 'users-manage')).status, 201);
    assert.equal((await bind('uma', 'd', 'user-base')).status, 201);
    const missing = await bind(admin, 'e', 'nothing');
    assert.match(missing.body.message, /spec\.globalRole: Not found: "nothing"/);
    const rebound = await served.call(
      'uma',
      'PATCH',
      `${pathOf('globalrolebindings')}/d`,
      { spec: { globalRole: 'admin' } },
      merge,
    );
    assert.deepEqual([rebound.status, rebound.body.reason], [422, 'Invalid']);
    const rules = [
      { apiGroups: ['drover.dev'], resources: ['globalroles'], resourceNames: ['settings-manage'], verbs: ['bind'] },
    ];
    await make(served, 'globalroles', object('GlobalRole', 'binder', { rules }));
    await giveRole(served, 'uma', 'binder');
    assert.equal((await bind('uma', 'b', 'settings-manage')).status, 201);
    refused(await bind('uma', 'f', 'admin'));
    const both = object('GlobalRoleBinding', 'g', { globalRole: 'user', user: 'eve', group: 'dev' });
    assert.equal((await served.call(admin, 'POST', pathOf('globalrolebindings'), both)).status, 422);
  });

  test('users: neither by a group, nor by a name, nor by a password', async () => {
    await using served = await serveFleet();
    const { call } = served;
    await giveRole(served, 'uma', 'users-manage');
    await giveRole(served, 'boss', 'settings-manage');
    const user = (name: string, groups: string[] = []) => object('User', name, { groups });
    assert.equal((await call('uma', 'POST', pathOf('users'), user('carl', ['dev']))).status, 201);
    refused(await call('uma', 'POST', pathOf('users'), user('dora', ['admins'])));
    refused(await call('uma', 'PATCH', `${pathOf('users')}/carl`, { spec: { groups: ['dev', 'admins'] } }, merge));
    refused(await call('uma', 'POST', pathOf('users'), user('boss')));
    refused(await call('uma', 'POST', '/v1/users', { username: 'fay', password, groups: ['admins'] }));
    assert.equal((await call('uma', 'POST', '/v1/users', { username: 'gil', password })).status, 201);
    await call(admin, 'POST', '/v1/users', { username: 'boss', password });
    const set = async (name: string) =>
      call('uma', 'PUT', `/v1/users/${name}/password`, { password: 'battery staple' });
    refused(await set('boss'));
    assert.equal((await set('gil')).status, 204);
  });
});

describe('roles in clusters and projects', () => {
  test('count in the namespace of their cluster, on the cluster itself, and a list shows what is there to see', async () => {
    await using served = await serveFleet();
    const { call } = served;
    for (const name of ['alpha', 'beta']) await make(served, 'clusters', object('Cluster', name, {}));
    const crtb = (name: string, roleTemplate: string, user: string, ns = 'alpha') =>
      object('ClusterRoleTemplateBinding', name, { roleTemplate, user }, ns);
    await make(served, 'clusterroletemplatebindings', crtb('own', 'cluster-owner', 'olga'), 'alpha');
    await make(served, 'clusterroletemplatebindings', crtb('other', 'bindings-view', 'vera', 'beta'), 'beta');
    const names = async (as: string, path: string): Promise<string[]> =>
      (await call(as, 'GET', path)).body.items.map((item: { metadata: { name: string } }) => item.metadata.name);
    assert.deepEqual(await names('olga', pathOf('clusterroletemplatebindings')), ['own']);
    assert.deepEqual(await names('vera', pathOf('clusterroletemplatebindings')), ['other']);
    assert.equal((await call('nils', 'GET', pathOf('clusterroletemplatebindings'))).status, 403);
    const elsewhere = await call('olga', 'GET', pathOf('clusterroletemplatebindings', 'beta'));
    assert.equal(
      elsewhere.body.message,
      'clusterroletemplatebindings.drover.dev is forbidden: User "olga" cannot list resource "clusterroletemplatebindings" in API group "drover.dev" in the namespace "beta"',
    );
    const give = async (as: string, name: string, role: string, ns: string) =>
      (await call(as, 'POST', pathOf('clusterroletemplatebindings', ns), crtb(name, role, 'eve', ns))).status;
    assert.equal(await give('olga', 'x', 'cluster-owner', 'alpha'), 201);
    assert.equal(await give('olga', 'x', 'nodes-view', 'beta'), 403);
    assert.equal(await give('vera', 'y', 'bindings-view', 'beta'), 403);
    assert.equal(await give(admin, 'z', 'project-owner', 'alpha'), 422);
    assert.equal((await call('vera', 'DELETE', `${pathOf('clusters')}/alpha`)).status, 403);
    assert.equal((await call('olga', 'DELETE', `${pathOf('clusters')}/alpha`)).status, 200);
    // A later cluster of that name begins with nobody.
    await make(served, 'clusters', object('Cluster', 'alpha', {}));
    assert.equal((await call('olga', 'GET', pathOf('clusterroletemplatebindings', 'alpha'))).status, 403);
  });

  test('who may bind in a cluster binds what he holds there', async () => {
    await using served = await serveFleet();
    await make(served, 'clusters', object('Cluster', 'alpha', {}));
    const crtb = (name: string, roleTemplate: string, user: string) =>
      object('ClusterRoleTemplateBinding', name, { roleTemplate, user }, 'alpha');
    await make(served, 'clusterroletemplatebindings', crtb('m', 'bindings-manage', 'mia'), 'alpha');
    const give = async (role: string) =>
      (await served.call('mia', 'POST', pathOf('clusterroletemplatebindings', 'alpha'), crtb(role, role, 'eve')))
        .status;
    assert.equal(await give('cluster-owner'), 403);
    assert.equal(await give('nodes-view'), 403);
    assert.equal(await give('bindings-view'), 201);
    await served.call(admin, 'PATCH', `${pathOf('roletemplates')}/bindings-manage`, { spec: { locked: true } }, merge);
    assert.equal(await give('bindings-manage'), 422);
  });

  test('a project’s owner manages who is in it, and in no other', async () => {
    await using served = await serveFleet();
    const { call } = served;
    await make(served, 'clusters', object('Cluster', 'alpha', {}));
    for (const name of ['shop', 'bank']) await make(served, 'projects', object('Project', name, {}, 'alpha'), 'alpha');
    const prtb = (name: string, project: string, roleTemplate: string, user: string) =>
      object('ProjectRoleTemplateBinding', name, { project, roleTemplate, user }, 'alpha');
    const path = pathOf('projectroletemplatebindings', 'alpha');
    await make(served, 'projectroletemplatebindings', prtb('own', 'shop', 'project-owner', 'pam'), 'alpha');
    await make(served, 'projectroletemplatebindings', prtb('bank', 'bank', 'read-only', 'ben'), 'alpha');
    const give = async (as: string, name: string, project: string, role: string) =>
      (await call(as, 'POST', path, prtb(name, project, role, 'eve'))).status;
    assert.equal(await give('pam', 'a', 'shop', 'project-member'), 201);
    assert.equal(await give('pam', 'b', 'bank', 'read-only'), 403);
    assert.equal(await give('ben', 'c', 'bank', 'read-only'), 403);
    assert.equal(await give(admin, 'd', 'nothing', 'read-only'), 422);
    const items = (await call('pam', 'GET', path)).body.items;
    assert.deepEqual(
      items.map((item: { metadata: { name: string } }) => item.metadata.name),
      ['a', 'own'],
    );
    const projects = (await call('ben', 'GET', pathOf('projects'))).body.items;
    assert.deepEqual(
      projects.map((item: { metadata: { name: string } }) => item.metadata.name),
      ['bank'],
    );
    assert.equal(
      (await call('pam', 'POST', pathOf('projects', 'alpha'), object('Project', 'x', {}, 'alpha'))).status,
      403,
    );
  });

  test('resourceNames narrow a list to what they name', async () => {
    await using served = await serveFleet();
    for (const value of ['a', 'b', 'c']) await make(served, 'settings', object('Setting', value, { value }));
    const rules = [
      { apiGroups: ['drover.dev'], resources: ['settings'], resourceNames: ['a', 'c'], verbs: ['get', 'list'] },
    ];
    await make(served, 'globalroles', object('GlobalRole', 'some', { rules }));
    await giveRole(served, 'sue', 'some');
    const { items } = (await served.call('sue', 'GET', pathOf('settings'))).body;
    assert.deepEqual(
      items.map((item: { metadata: { name: string } }) => item.metadata.name),
      ['a', 'c'],
    );
    assert.equal((await served.call('sue', 'GET', `${pathOf('settings')}/b`)).status, 403);
  });
});

describe('tokens', () => {
  test('T19: the secret is shown once, to who makes the token, and works', async () => {
    await using served = await serveFleet();
    await served.call(admin, 'POST', '/v1/users', { username: 'alice', password });
    const made = await served.call('alice', 'POST', pathOf('tokens'), object('Token', '', { description: 'ci' }));
    assert.equal(made.status, 201, made.text);
    const { metadata, spec, status } = made.body;
    assert.match(status.token, new RegExp(`^drv_${metadata.name}_`));
    assert.deepEqual([spec.user, spec.description], ['alice', 'ci']);
    assert.ok(spec.expiresAt);
    assert.doesNotMatch(made.text, /hash/);
    for (const path of [pathOf('tokens'), `${pathOf('tokens')}/${metadata.name}`]) {
      assert.doesNotMatch((await served.call(admin, 'GET', path)).text, /drv_|hash/);
    }
    assert.doesNotMatch(JSON.stringify(served.fleet.registry.get(tokens, metadata.name)), /drv_/);
    const review = await served.call(admin, 'POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token: status.token },
    });
    assert.deepEqual(
      [review.body.status.authenticated, review.body.status.user.username, review.body.status.user.groups],
      [true, 'alice', ['system:authenticated']],
    );
    const dry = await served.call('alice', 'POST', `${pathOf('tokens')}?dryRun=All`, object('Token', '', {}));
    assert.deepEqual([dry.status, dry.body.status], [201, undefined]);
    assert.equal(served.fleet.registry.list(tokens).length, 1);
  });

  test('for others they are made by who manages tokens, and holds what the other holds', async () => {
    await using served = await serveFleet();
    const { call } = served;
    for (const username of ['alice', 'bob', 'boss']) await call(admin, 'POST', '/v1/users', { username, password });
    await giveRole(served, 'bob', 'tokens-manage');
    await giveRole(served, 'boss', 'settings-manage');
    const token = async (as: string, spec: object, name = '') =>
      call(as, 'POST', pathOf('tokens'), object('Token', name, spec));
    assert.equal((await token('alice', { user: 'bob' })).status, 403);
    assert.equal((await token('bob', { user: 'alice' })).status, 201);
    const refused = await token('bob', { user: 'boss' });
    assert.equal(refused.status, 403);
    assert.match(refused.body.message, /attempting to grant RBAC permissions not currently held/);
    assert.equal((await call('bob', 'POST', '/v1/tokens', { user: 'boss' })).status, 403);
    assert.equal((await token('alice', {}, 'mine')).status, 422);
    assert.equal((await token('alice', { expiresAt: '2001-01-01T00:00:00Z' })).status, 422);
    assert.equal((await token('alice', { clusters: ['nothing'] })).status, 404);
    const { items } = (await call('alice', 'GET', pathOf('tokens'))).body;
    assert.equal(items.length, 1);
    const own = `${pathOf('tokens')}/${items[0].metadata.name}`;
    const change = async (as: string, body: object): Promise<number> =>
      (await call(as, 'PATCH', own, body, merge)).status;
    assert.equal(await change('alice', { spec: { description: 'mine' }, status: { token: 'drv_x' } }), 200);
    assert.equal((await call('alice', 'GET', own)).body.status, undefined);
    for (const spec of [{ user: 'bob' }, { expiresAt: '2099-01-01T00:00:00Z' }, { clusters: [] }])
      assert.ok([403, 422].includes(await change('alice', { spec })), JSON.stringify(spec));
    assert.equal(await change('bob', { spec: { user: 'boss' } }), 422);
    assert.equal(await change('boss', { spec: { description: 'x' } }), 404);
    await call(admin, 'DELETE', `${pathOf('users')}/boss`);
    assert.equal(served.fleet.registry.find(users, 'boss'), undefined);
    assert.deepEqual(
      served.fleet.registry.list(globalRoleBindings).filter(({ spec }) => spec.user === 'boss'),
      [],
    );
  });
});

describe('reviews', () => {
  const post = async (
    served: Awaited<ReturnType<typeof serveFleet>>,
    as: string,
    kind: string,
    spec: object,
    ns?: string,
  ) => {
    const group =
      kind === 'SelfSubjectReview' || kind === 'TokenReview' ? 'authentication.k8s.io' : 'authorization.k8s.io';
    const scope = ns === undefined ? '' : `namespaces/${ns}/`;
    const metadata = ns === undefined ? {} : { namespace: ns };
    return served.call(as, 'POST', `/apis/${group}/v1/${scope}${kind.toLowerCase()}s`, {
      apiVersion: `${group}/v1`,
      kind,
      metadata,
      spec,
    });
  };

  test('who one is, and what one may do', async () => {
    await using served = await serveFleet();
    const who = await served.call('alice/dev', 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
    });
    assert.deepEqual(who.body.status.userInfo, { username: 'alice', groups: ['dev', 'system:authenticated'] });
    const rules = (await post(served, 'alice', 'SelfSubjectRulesReview', { namespace: 'default' })).body.status;
    assert.equal(rules.incomplete, false);
    assert.ok(rules.resourceRules.some((rule: { resources: string[] }) => rule.resources.includes('clusters')));
    assert.ok(
      rules.nonResourceRules.some((rule: { nonResourceURLs: string[] }) => rule.nonResourceURLs.includes('/apis/*')),
    );
    assert.equal((await post(served, 'alice', 'SelfSubjectRulesReview', {})).status, 400);
    const path = (as: string) =>
      post(served, as, 'SelfSubjectAccessReview', { nonResourceAttributes: { path: '/metrics', verb: 'get' } });
    assert.equal((await path('alice')).body.status.allowed, false);
    assert.equal((await path(admin)).body.status.allowed, true);
    assert.equal((await post(served, 'alice', 'SelfSubjectAccessReview', {})).status, 422);
  });

  test('others are asked about by who may, in a namespace or anywhere', async () => {
    await using served = await serveFleet();
    const attributes = { verb: 'list', group: 'drover.dev', resource: 'clusters' };
    assert.equal(
      (await post(served, 'alice', 'SubjectAccessReview', { user: 'bob', resourceAttributes: attributes })).status,
      403,
    );
    const asked = await post(served, admin, 'SubjectAccessReview', {
      user: 'x',
      groups: ['system:authenticated'],
      resourceAttributes: attributes,
    });
    assert.equal(asked.body.status.allowed, true);
    const nobody = await post(served, admin, 'SubjectAccessReview', { user: 'x', resourceAttributes: attributes });
    assert.equal(nobody.body.status.allowed, false);
    assert.equal((await post(served, admin, 'SubjectAccessReview', { resourceAttributes: attributes })).status, 422);
    const local = (namespace: string) =>
      post(
        served,
        admin,
        'LocalSubjectAccessReview',
        { user: 'x', resourceAttributes: { ...attributes, namespace } },
        'alpha',
      );
    assert.equal((await local('alpha')).status, 201);
    assert.equal((await local('beta')).status, 422);
  });

  test('a token is good, or nothing is said of it', async () => {
    await using served = await serveFleet();
    const review = await post(served, admin, 'TokenReview', { token: 'drv_nothing' });
    assert.equal(review.body.status.authenticated, false);
    assert.equal((await post(served, 'alice', 'TokenReview', { token: 'x' })).status, 403);
  });
});

describe('T1 impersonation on the hub’s own API', () => {
  const as = (...pairs: [string, string][]) => ({
    'drover-impersonation': Buffer.from(JSON.stringify(pairs)).toString('base64url'),
  });

  test('is for who holds the verb on the user, on every group and on every extra', async () => {
    await using served = await serveFleet();
    const rules = [
      { apiGroups: [''], resources: ['users'], resourceNames: ['bob'], verbs: ['impersonate'] },
      { apiGroups: [''], resources: ['groups'], resourceNames: ['dev'], verbs: ['impersonate'] },
      { apiGroups: ['authentication.k8s.io'], resources: ['userextras/scope'], verbs: ['impersonate'] },
    ];
    await make(served, 'globalroles', object('GlobalRole', 'actor', { rules }));
    await giveRole(served, 'ann', 'actor');
    const who = (headers: Record<string, string>) =>
      served.call(
        'ann',
        'POST',
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        headers,
      );
    const acted = await who(
      as(['impersonate-user', 'bob'], ['impersonate-group', 'dev'], ['impersonate-extra-scope', 'x']),
    );
    assert.deepEqual(acted.body.status.userInfo, {
      username: 'bob',
      groups: ['dev', 'system:authenticated'],
      extra: { scope: ['x'] },
    });
    const refused = await who(as(['impersonate-user', 'carl']));
    assert.deepEqual(
      [refused.status, refused.body.message],
      [
        403,
        'users "carl" is forbidden: User "ann" cannot impersonate resource "users" in API group "" at the cluster scope',
      ],
    );
    for (const pairs of [
      [
        ['impersonate-user', 'bob'],
        ['impersonate-group', 'admins'],
      ],
      [
        ['impersonate-user', 'bob'],
        ['impersonate-extra-other', 'x'],
      ],
    ] as [string, string][][])
      assert.equal((await who(as(...pairs))).status, 403);
    assert.equal((await who(as(['impersonate-group', 'dev']))).status, 400);
    assert.equal((await who(as(['impersonate-user', 'bob'], ['impersonate-uid', '1']))).status, 400);
    await served.call(admin, 'POST', '/v1/users', { username: 'bob', password });
    const token = await served.call(
      'ann',
      'POST',
      pathOf('tokens'),
      object('Token', '', {}),
      as(['impersonate-user', 'bob']),
    );
    assert.equal(token.status, 403);
  });
});
