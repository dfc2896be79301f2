import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { uncovered } from './covers.ts';
import { type Binding, Grants, type Holder } from './grants.ts';
import { inheritanceCycle, inheritedRules } from './inheritance.ts';
import { allowsPath, allowsResource, matchesPath, type PolicyRule, type ResourceAccess } from './policy-rule.ts';

const rule = (verbs: string, resources: string, more: Partial<PolicyRule> = {}): PolicyRule => ({
  verbs: verbs.split(','),
  apiGroups: [''],
  resources: resources.split(','),
  ...more,
});
const asked = (verb: string, what: string, name?: string, group = ''): ResourceAccess => {
  const [resource = '', subresource] = what.split('/');
  return { verb, group, resource, subresource, name };
};

describe('a rule', () => {
  test('names verbs, groups, resources and subresources', () => {
    const table: [PolicyRule, ResourceAccess, boolean][] = [
      [rule('get', 'pods'), asked('get', 'pods', 'a'), true],
      [rule('get', 'pods'), asked('list', 'pods'), false],
      [rule('get', 'pods'), asked('get', 'pods', 'a', 'apps'), false],
      [rule('get', 'pods'), asked('get', 'pods/exec', 'a'), false],
      [rule('get', 'pods/exec'), asked('get', 'pods/exec', 'a'), true],
      [rule('get', 'pods/exec'), asked('get', 'pods', 'a'), false],
      [rule('update', '*/scale'), asked('update', 'deployments/scale', 'a'), true],
      [rule('update', '*/scale'), asked('update', 'deployments', 'a'), false],
      [rule('update', '*/scale'), asked('update', 'deployments/status', 'a'), false],
      [rule('get', '*'), asked('get', 'pods/log', 'a'), true],
      [rule('*', '*', { apiGroups: ['*'] }), asked('escalate', 'roles', 'a', 'x.dev'), true],
      [{ verbs: ['get'] }, asked('get', 'pods', 'a'), false],
    ];
    for (const [one, access, allowed] of table)
      assert.equal(allowsResource(one, access), allowed, JSON.stringify([one, access]));
  });

  test('with resourceNames is for those objects, and not for what has no name', () => {
    const named = rule('get,list,create', 'pods', { resourceNames: ['a'] });
    assert.equal(allowsResource(named, asked('get', 'pods', 'a')), true);
    assert.equal(allowsResource(named, asked('get', 'pods', 'b')), false);
    assert.equal(allowsResource(named, asked('list', 'pods')), false);
    assert.equal(allowsResource(named, asked('create', 'pods')), false);
  });

  test('of paths ends with a star or means one path', () => {
    const paths: PolicyRule = { verbs: ['get'], nonResourceURLs: ['/metrics', '/debug/*'] };
    const allowed = (path: string, verb = 'get'): boolean => allowsPath(paths, { verb, path });
    assert.deepEqual(
      ['/metrics', '/metrics/x', '/debug/', '/debug/pprof', '/debug'].map(path => allowed(path)),
      [true, false, true, true, false],
    );
    assert.equal(allowed('/metrics', 'post'), false);
    assert.ok(matchesPath('*', '/anything'));
  });
});

describe('covering', () => {
  const none = (held: PolicyRule[], wanted: PolicyRule[]): boolean => uncovered(held, wanted).length === 0;

  test('breaks rules down, and several held rules may cover one', () => {
    assert.ok(none([rule('get', 'pods'), rule('list', 'pods')], [rule('get,list', 'pods')]));
    assert.ok(
      none([rule('*', '*', { apiGroups: ['*'] })], [rule('get', 'pods/exec,*/scale', { apiGroups: ['', 'x'] })]),
    );
    assert.ok(none([rule('get', 'pods')], [rule('get', 'pods', { resourceNames: ['a'] })]));
    assert.ok(none([rule('get', '*/scale')], [rule('get', 'pods/scale')]));
    assert.deepEqual(uncovered([rule('get', 'pods')], [rule('get,delete', 'pods')]), [rule('delete', 'pods')]);
  });

  test('what is wider is not covered', () => {
    assert.ok(!none([rule('get', 'pods', { resourceNames: ['a'] })], [rule('get', 'pods')]));
    assert.ok(!none([rule('get', 'pods')], [rule('get', '*')]));
    assert.ok(!none([rule('get,list,watch', 'pods')], [rule('*', 'pods')]));
    assert.ok(!none([rule('get', 'pods/scale')], [rule('get', '*/scale')]));
    assert.ok(!none([rule('get', 'pods')], [rule('get', 'pods/exec')]));
    assert.ok(!none([rule('*', '*', { apiGroups: ['*'] })], [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }]));
    assert.ok(
      none([{ verbs: ['*'], nonResourceURLs: ['*'] }], [{ verbs: ['get'], nonResourceURLs: ['/metrics', '/a/*'] }]),
    );
    assert.ok(!none([{ verbs: ['get'], nonResourceURLs: ['/a/b'] }], [{ verbs: ['get'], nonResourceURLs: ['/a/*'] }]));
  });

  test('a rule that breaks down to more than can be compared is not covered', () => {
    const many = Array.from({ length: 200 }, (_, index) => `n${index}`);
    const wide = rule(many.join(','), many.join(','), { apiGroups: ['', 'x'] });
    assert.deepEqual(uncovered([rule('get', 'pods')], [wide]).at(-1), wide);
    assert.ok(none([wide], [wide]));
  });
});

describe('inheritance', () => {
  const roles: Record<string, { rules: PolicyRule[]; inherits: string[] }> = {
    a: { rules: [rule('get', 'a')], inherits: ['b', 'c'] },
    b: { rules: [rule('get', 'b')], inherits: ['d'] },
    c: { rules: [rule('get', 'c')], inherits: ['d', 'gone'] },
    d: { rules: [rule('get', 'd')], inherits: ['a'] },
  };
  const roleOf = (name: string) => roles[name];

  test('gives the rules of all ancestors once, a cycle or not', () => {
    const found = inheritedRules('a', roleOf).map(({ resources = [] }) => resources[0]);
    assert.deepEqual(found.sort(), ['a', 'b', 'c', 'd']);
  });

  test('a cycle is told by its way', () => {
    assert.deepEqual(inheritanceCycle('a', ['b'], roleOf), ['a', 'b', 'd', 'a']);
    assert.deepEqual(inheritanceCycle('new', ['new'], roleOf), ['new', 'new']);
    assert.equal(inheritanceCycle('new', ['b'], roleOf), undefined);
  });
});

const verbs = ['get', 'list', 'create'];
const groups = ['', 'x.dev'];
const resources = ['pods', 'nodes', 'pods/exec', 'nodes/exec'];
const names = ['a', 'b'];
const some = (from: string[], star: string[]) => fc.subarray([...from, ...star], { minLength: 1 });
const anyRule: fc.Arbitrary<PolicyRule> = fc.oneof(
  fc.record({
    verbs: some(verbs, ['*']),
    apiGroups: some(groups, ['*']),
    resources: some(resources, ['*', '*/exec']),
    resourceNames: fc.oneof(fc.constant([]), some(names, [])),
  }),
  fc.record({ verbs: some(verbs, ['*']), nonResourceURLs: some(['/a', '/a/b', '/a/*', '/b'], ['*']) }),
);
const everyAccess = verbs.flatMap(verb =>
  groups.flatMap(group => resources.flatMap(what => [undefined, ...names].map(name => asked(verb, what, name, group)))),
);
const everyPath = verbs.flatMap(verb => ['/a', '/a/b', '/a/c', '/b', '/c'].map(path => ({ verb, path })));

test('property: who holds what covers a role can do all that the role allows', () => {
  const rules = fc.array(anyRule, { maxLength: 4 });
  fc.assert(
    fc.property(rules, rules, (held, wanted) => {
      if (uncovered(held, wanted).length > 0) return;
      for (const access of everyAccess)
        if (wanted.some(one => allowsResource(one, access)))
          assert.ok(
            held.some(one => allowsResource(one, access)),
            JSON.stringify(access),
          );
      for (const access of everyPath)
        if (wanted.some(one => allowsPath(one, access))) assert.ok(held.some(one => allowsPath(one, access)));
    }),
    { numRuns: 2000 },
  );
  fc.assert(fc.property(rules, held => assert.deepEqual(uncovered(held, held), [])));
});

test('property: the index answers as going through all bindings would', () => {
  const subject = fc.oneof(
    fc.record({ kind: fc.constant('User' as const), name: fc.constantFrom('u', 'v') }),
    fc.record({ kind: fc.constant('Group' as const), name: fc.constantFrom('u', 'g', 'h') }),
  );
  const binding: fc.Arbitrary<Binding> = fc.record({
    subject,
    scope: fc.constantFrom(undefined, 'n', 'm'),
    role: fc.constantFrom('r', 's', 't'),
  });
  const step = fc.oneof(
    fc.record({ id: fc.constantFrom('1', '2', '3', '4'), binding: fc.option(binding, { nil: undefined }) }),
    fc.record({
      role: fc.constantFrom('r', 's'),
      rules: fc.option(fc.array(anyRule, { maxLength: 3 }), { nil: undefined }),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), steps => {
      const grants = new Grants();
      const bindings = new Map<string, Binding>();
      const roles = new Map<string, readonly PolicyRule[]>();
      for (const one of steps) {
        if ('id' in one) {
          grants.setBinding(one.id, one.binding);
          if (one.binding === undefined) bindings.delete(one.id);
          else bindings.set(one.id, one.binding);
        } else {
          grants.setRole(one.role, one.rules);
          if (one.rules === undefined) roles.delete(one.role);
          else roles.set(one.role, one.rules);
        }
      }
      const holder: Holder = { user: 'u', groups: ['g'] };
      const heldIn = (scope: string | undefined): PolicyRule[] =>
        [...bindings.values()]
          .filter(one => (one.subject.kind === 'User' ? one.subject.name === 'u' : one.subject.name === 'g'))
          .filter(one => one.scope === undefined || one.scope === scope)
          .flatMap(({ role }) => roles.get(role) ?? []);
      for (const scope of [undefined, 'n', 'm', 'other']) {
        const held = heldIn(scope);
        for (const access of everyAccess)
          assert.equal(
            grants.allows(holder, scope, access),
            held.some(one => allowsResource(one, access)),
          );
      }
      for (const access of everyPath)
        assert.equal(
          grants.allowsPath(holder, access),
          heldIn(undefined).some(one => allowsPath(one, access)),
        );
      const namespaces = grants.namespacesOf(holder).map(({ namespace }) => namespace);
      const own = [...bindings.values()].filter(
        one => one.scope !== undefined && ['uUser', 'gGroup'].includes(one.subject.name + one.subject.kind),
      );
      assert.deepEqual(namespaces.sort(), [...new Set(own.map(({ scope }) => scope))].sort());
      assert.equal(grants.size, bindings.size);
    }),
    { numRuns: 500 },
  );
});

test('what one request costs does not grow with the bindings of others', () => {
  const grants = new Grants();
  let looked = 0;
  // Rules that count how often they are looked at: an index that went through bindings would look thousands of times.
  const counting = {
    ...rule('get', 'pods'),
    get verbs() {
      looked++;
      return ['get'];
    },
  };
  grants.setRole('reader', [counting]);
  for (let at = 0; at < 50_000; at++)
    grants.setBinding(`b${at}`, {
      subject: at % 2 === 0 ? { kind: 'User', name: `u${at % 5000}` } : { kind: 'Group', name: `g${at % 999}` },
      scope: at % 3 === 0 ? undefined : `c${at % 700}`,
      role: 'reader',
    });
  const holder = { user: 'u2', groups: ['g1', 'g3', 'g5'] };
  assert.equal(grants.allows(holder, 'c8', asked('delete', 'pods', 'a')), false);
  assert.ok(looked <= 8, `${looked} rules were looked at`);
});
