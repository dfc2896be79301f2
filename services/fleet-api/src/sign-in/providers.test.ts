import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Registry } from '@drover/apiserver';
import { ManualClock } from '@drover/async';
import type { AuthProvider } from '@drover/contracts';
import type { SignInProvider } from './provider.ts';
import { Providers } from './providers.ts';

const revision = (resourceVersion: string, enabled = true): AuthProvider => ({
  apiVersion: 'drover.dev/v1',
  kind: 'AuthProvider',
  metadata: { name: 'corp', uid: 'u', resourceVersion, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { type: 'oidc', enabled },
});

function world() {
  let stored: AuthProvider | undefined = revision('1');
  const released: string[] = [];
  const registry = {
    list: () => (stored === undefined ? [] : [stored]),
    find: () => stored,
  } as Pick<Registry, 'list' | 'find'> as Registry;
  const providers = new Providers({
    registry,
    clock: new ManualClock(),
    makers: {
      oidc: ({ provider }) =>
        ({
          kind: 'password',
          [Symbol.asyncDispose]: async () => void released.push(provider.metadata.resourceVersion),
        }) as Partial<SignInProvider> as SignInProvider,
    },
  });
  const store = (next: AuthProvider | undefined): void => {
    stored = next;
  };
  return { providers, released, store };
}

test('a provider is made once a revision, and an earlier one lets go of its connections', async () => {
  const { providers, released, store } = world();
  const first = providers.find('corp');
  assert.equal(providers.find('corp'), first);
  store(revision('2'));
  assert.notEqual(providers.find('corp'), first);
  assert.deepEqual(released, ['1']);
  await providers.close();
  assert.deepEqual(released, ['1', '2']);
});

test('a provider that is disabled or deleted lets go of its connections', () => {
  const { providers, released, store } = world();
  providers.find('corp');
  store(revision('2', false));
  assert.equal(providers.find('corp'), undefined);
  store(revision('3'));
  providers.list();
  store(undefined);
  providers.list();
  assert.deepEqual(released, ['1', '3']);
});
