import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesGlob, ruleOf, type WorkloadRule } from './workload-rules.ts';

test('a star stays within its part, and two do not', () => {
  for (const [pattern, text, matches] of [
    ['acme/shop', 'acme/shop', true],
    ['acme/shop', 'acme/shop2', false],
    ['acme/*', 'acme/shop', true],
    ['acme/*', 'acme/', true],
    ['acme/*', 'acme/shop/evil', false],
    ['acme/*', 'evil/acme/shop', false],
    ['refs/heads/**', 'refs/heads/feature/one', true],
    ['*', 'anything', true],
    ['*', '', true],
    ['**', 'any/thing:at all', true],
    ['a*c*', 'abcd', true],
    ['a*c*', 'abd', false],
    ['a.c', 'abc', false],
    ['(a+)+', 'aaaa', false],
  ] as const) {
    assert.equal(matchesGlob(pattern, text), matches, `${pattern} ${text}`);
  }
  assert.equal(matchesGlob('**', 'x'.repeat(1025)), false, 'too long for a name');
});

test('T10 whoever chooses a part of a subject cannot make another of it', () => {
  const pattern = 'repo:acme/*:ref:refs/heads/main';
  assert.equal(matchesGlob(pattern, 'repo:acme/shop:ref:refs/heads/main'), true);
  assert.equal(matchesGlob(pattern, 'repo:acme/shop:environment:x:ref:refs/heads/main'), false);
});

test('the first rule all of whose claims match counts', () => {
  const rules: WorkloadRule[] = [
    {
      claims: { 'kubernetes.io.namespace': 'prod', 'kubernetes.io.serviceaccount.name': 'deploy' },
      user: 'one',
      ttlSeconds: 60,
    },
    { claims: { sub: 'system:serviceaccount:*:deploy' }, user: 'two', ttlSeconds: 60 },
    { claims: { run_attempt: '1', protected: 'true', groups: 'dev' }, user: 'three', ttlSeconds: 60 },
  ];
  const of = (claims: Record<string, unknown>) => ruleOf(rules, claims)?.user;
  const kubernetes = { namespace: 'prod', serviceaccount: { name: 'deploy' } };
  assert.equal(of({ sub: 'system:serviceaccount:prod:deploy', 'kubernetes.io': kubernetes }), 'one');
  assert.equal(of({ sub: 'system:serviceaccount:test:deploy', 'kubernetes.io': { namespace: 'test' } }), 'two');
  assert.equal(of({ run_attempt: 1, protected: true, groups: ['ops', 'dev'] }), 'three');
  assert.equal(of({ run_attempt: 1, protected: true }), undefined);
  assert.equal(of({ run_attempt: { toString: '1' }, protected: true, groups: 'dev' }), undefined);
  assert.equal(
    of(Object.create({ sub: 'system:serviceaccount:a:deploy' })),
    undefined,
    'what is inherited is no claim',
  );
});
