import assert from 'node:assert/strict';
import { test } from 'node:test';
import { giveRole, make, mayDo, object, pathOf } from '../access/for-tests.ts';
import { admin, serveFleet } from '../fleet-for-tests.ts';
import { clusterRoleTemplateBindings, projectRoleTemplateBindings } from '../resources/index.ts';

const password = 'a long password';
const group = 'drover.dev';

async function world() {
  const served = await serveFleet();
  for (const username of ['carol', 'dave']) await served.call(admin, 'POST', '/v1/users', { username, password });
  await giveRole(served, 'carol', 'clusters-create');
  return served;
}

test('whoever makes a cluster owns it, and no other', async () => {
  await using served = await world();
  const { call, fleet } = served;
  assert.equal((await call('carol', 'POST', pathOf('clusters'), object('Cluster', 'one', {}))).status, 201);
  await make(served, 'clusters', object('Cluster', 'other', {}));
  const may = (name: string) => mayDo(served, 'carol', { verb: 'update', group, resource: 'clusters', name });
  assert.deepEqual([await may('one'), await may('other')], [true, false]);
  const [binding, ...more] = fleet.registry.list(clusterRoleTemplateBindings, 'one');
  assert.deepEqual(binding?.spec, { roleTemplate: 'cluster-owner', user: 'carol' });
  assert.equal(more.length, 0);
  // An owner gives what he has, there.
  const spec = { roleTemplate: 'cluster-member', user: 'dave' };
  const bindings = pathOf('clusterroletemplatebindings', 'one');
  assert.equal((await call('carol', 'POST', bindings, object('ClusterRoleTemplateBinding', 'dave', spec))).status, 201);
  // Who is no user of the hub (any more) gets nothing that a later one of the name would inherit, and an administrator nothing more.
  await giveRole(served, 'dave', 'admin');
  assert.equal((await call('dave', 'POST', pathOf('clusters'), object('Cluster', 'third', {}))).status, 201);
  for (const name of ['other', 'third']) assert.deepEqual(fleet.registry.list(clusterRoleTemplateBindings, name), []);
});

test('so does whoever imports one, who may then make further join tokens', async () => {
  await using served = await world();
  const { call } = served;
  assert.equal((await call('carol', 'POST', '/v1/clusters/imported/join', {})).status, 201);
  assert.equal((await call('carol', 'POST', '/v1/clusters/imported/join', {})).status, 201); // an update, by its owner
  assert.ok(await mayDo(served, 'carol', { verb: 'delete', group, resource: 'clusters', name: 'imported' }));
});

test('a project that is made anew under the name of a deleted one is nobody’s of the old one', async () => {
  await using served = await world();
  const { call, fleet } = served;
  await make(served, 'clusters', object('Cluster', 'one', {}));
  await make(served, 'projects', object('Project', 'shop', {}), 'one');
  for (const project of ['shop', 'kept']) {
    if (project === 'kept') await make(served, 'projects', object('Project', 'kept', {}), 'one');
    const spec = { project, roleTemplate: 'project-owner', user: 'dave' };
    await make(served, 'projectroletemplatebindings', object('ProjectRoleTemplateBinding', project, spec), 'one');
  }
  await call(admin, 'DELETE', `${pathOf('projects', 'one')}/shop`);
  await make(served, 'projects', object('Project', 'shop', {}), 'one');
  assert.deepEqual(
    fleet.registry.list(projectRoleTemplateBindings, 'one').map(({ metadata }) => metadata.name),
    ['kept'],
  );
  const seen = (await call('dave', 'GET', pathOf('projects', 'one'))).body.items;
  assert.deepEqual(
    seen.map((item: { metadata: { name: string } }) => item.metadata.name),
    ['kept'],
  );
});

test('whoever makes a project owns it; templates that are locked, or no default any more, are bound to nobody', async () => {
  await using served = await world();
  const { call, fleet } = served;
  await call('carol', 'POST', pathOf('clusters'), object('Cluster', 'one', {}));
  const member = object('ClusterRoleTemplateBinding', 'dave', { roleTemplate: 'cluster-member', user: 'dave' });
  await call('carol', 'POST', pathOf('clusterroletemplatebindings', 'one'), member);
  const project = async (name: string, query = '') =>
    call('dave', 'POST', `${pathOf('projects', 'one')}${query}`, object('Project', name, {}));
  assert.equal((await project('tried', '?dryRun=All')).status, 201);
  assert.equal((await project('shop')).status, 201);
  assert.deepEqual(
    fleet.registry.list(projectRoleTemplateBindings, 'one').map(({ spec }) => spec),
    [{ project: 'shop', roleTemplate: 'project-owner', user: 'dave' }],
  );
  for (const [change, roleTemplate] of [
    [{ locked: true }, 'project-owner'],
    [{ creatorDefault: false }, 'cluster-owner'],
  ] as const) {
    const path = `${pathOf('roletemplates')}/${roleTemplate}`;
    const merge = { 'content-type': 'application/merge-patch+json' };
    assert.equal((await call(admin, 'PATCH', path, { spec: change }, merge)).status, 200);
  }
  assert.equal((await project('later')).status, 201);
  assert.equal(fleet.registry.list(projectRoleTemplateBindings, 'one').length, 1);
  assert.equal((await call('carol', 'POST', pathOf('clusters'), object('Cluster', 'two', {}))).status, 201);
  assert.deepEqual(fleet.registry.list(clusterRoleTemplateBindings, 'two'), []);
});
