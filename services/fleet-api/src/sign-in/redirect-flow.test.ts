import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { ManualClock } from '@drover/async';
import type { AuthProvider } from '@drover/contracts';
import { MemoryStores } from '@drover/sessions';
import { newObject } from '../resources/index.ts';
import type { OpenProvider } from './providers.ts';
import { RedirectFlow } from './redirect-flow.ts';

const identity = { subject: '1', username: 'alice', groups: [] };

/** A provider that believes every answer: what is refused here, the flow itself refuses. */
const provider = (name: string, uid = `uid of ${name}`): OpenProvider => {
  const head = newObject('AuthProvider', name);
  const object: AuthProvider = { ...head, metadata: { ...head.metadata, uid }, spec: { type: 'oidc', enabled: true } };
  return {
    object,
    signIn: {
      kind: 'redirect',
      begin: async ({ state, redirectUri }) => ({
        url: `https://idp.example/authorize?state=${state}&redirect_uri=${encodeURIComponent(redirectUri)}`,
        kept: { nonce: 'n' },
      }),
      finish: async () => identity,
      refresh: async () => 'gone',
    },
  };
};

describe('the way to a provider and back', () => {
  const clock = new ManualClock();
  let stores: MemoryStores;
  let flow: RedirectFlow;
  const corp = provider('corp');
  const begin = async (browser = 'browser of alice'): Promise<URLSearchParams> => {
    const url = new URL(await flow.begin(corp, browser, { next: '/account' }));
    return new URLSearchParams({ code: 'c', state: url.searchParams.get('state') ?? '' });
  };
  beforeEach(() => {
    stores = new MemoryStores(clock);
    flow = new RedirectFlow(stores, 'https://hub.example');
  });

  test('it ends where it was begun', async () => {
    const done = await flow.finish(corp, 'browser of alice', await begin());
    assert.deepEqual(done, { provider: corp.object, identity, wish: { next: '/account' } });
  });

  test('T10 an answer is good once, and for ten minutes', async () => {
    const answer = await begin();
    await flow.finish(corp, 'browser of alice', answer);
    await assert.rejects(flow.finish(corp, 'browser of alice', answer), { code: 'forbidden' });
    const late = await begin();
    clock.advance(10 * 60_000);
    await assert.rejects(flow.finish(corp, 'browser of alice', late), { code: 'forbidden' });
  });

  test('T10 login CSRF: an answer to another browser, or to none that asked, is refused and spent', async () => {
    for (const browser of ['browser of mallory', undefined]) {
      const answer = await begin();
      await assert.rejects(flow.finish(corp, browser, answer), { code: 'forbidden' });
      await assert.rejects(flow.finish(corp, 'browser of alice', answer), { code: 'forbidden' });
    }
    for (const state of ['', 'made up']) {
      const query = new URLSearchParams({ code: 'c', state });
      await assert.rejects(flow.finish(corp, 'browser of alice', query), { code: 'forbidden' });
    }
  });

  test('T10 mix-up: an answer to what another provider was asked, or one of the same name, is refused', async () => {
    for (const other of [provider('rogue'), provider('corp', 'another uid')]) {
      await assert.rejects(flow.finish(other, 'browser of alice', await begin()), { code: 'forbidden' });
    }
  });

  test('while the store is away it says so at once', async () => {
    stores.away = true;
    await assert.rejects(begin(), { code: 'sessions-unavailable' });
  });
});
