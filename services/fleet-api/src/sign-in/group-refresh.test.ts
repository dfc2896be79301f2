import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthProvider } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { createLogger } from '@drover/telemetry';
import { serveFleet } from '../fleet-for-tests.ts';
import { HubSettings } from '../operations/hub-settings.ts';
import { endedSessions, newObject, users } from '../resources/index.ts';
import { SessionCredentials } from './credentials.ts';
import { GroupRefresh } from './group-refresh.ts';
import { LoginSessions } from './login-sessions.ts';
import type { ProviderIdentity } from './provider.ts';
import { ProviderStatus } from './provider-status.ts';
import { sealedFor } from './sign-in.ts';

const alice: ProviderIdentity = { subject: 'sub-1', username: 'alice', groups: ['dev'] };

/** The user alice, signed in at the provider `corp`, which says of her what the test wants. */
async function signedIn() {
  const hub = await serveFleet();
  const { clock, secrets, stores } = hub;
  const { registry } = hub.fleet;
  const logger = createLogger({ name: 'test', level: 'silent' });
  const said = {
    answer: (_secret: string | undefined): ProviderIdentity | 'gone' => alice,
    asked: [] as (string | undefined)[],
  };
  const object: AuthProvider = {
    ...newObject('AuthProvider', 'corp'),
    spec: { type: 'oidc', enabled: true, access: { mode: 'groups', groups: ['dev', 'ops'] } },
  };
  const never = async (): Promise<never> => assert.fail('not asked for');
  const signIn = {
    kind: 'redirect',
    begin: never,
    finish: never,
    refresh: async ({ refreshSecret }: { refreshSecret?: string }) => {
      said.asked.push(refreshSecret);
      return said.answer(refreshSecret);
    },
  } as const;
  const providers = { find: (name: string) => (name === 'corp' ? { object, signIn } : undefined) };
  const settings = new HubSettings(registry);
  const keys = { signing: hub.sessionKey, verifying: { keys: [{ ...hub.sessionKey.publicJwk }] } };
  const credentials = await SessionCredentials.create(keys, 'hub-1');
  const parts = { registry, store: stores, settings, clock, logger };
  const sessions = new LoginSessions({ ...parts, providers: providers as never, credentials });
  const status = new ProviderStatus(registry, logger);
  const refresh = new GroupRefresh({ ...parts, providers, status, sessions, secrets });
  const user = await registry.create(users, { ...newObject('User', 'alice'), spec: {} });
  await status.write('alice', object, alice, clock.now(), true);
  const begin = (secret?: string) =>
    sessions.begin({
      user,
      provider: 'corp',
      subject: 'sub-1',
      visitor: { client: 'browser', userAgent: '', source: '' },
      ...(secret === undefined ? {} : { refreshSecret: secrets.seal(secret, sealedFor.refresh) }),
    });
  const groups = () => registry.get(users, 'alice').status?.groups;
  const ended = (id: string) => registry.find(endedSessions, id) !== undefined;
  const secretOf = async (id: string) => {
    const sealed = (await stores.find(id))?.refreshSecret;
    return sealed === undefined ? undefined : secrets.open(sealed, sealedFor.refresh);
  };
  const later = () => clock.advance(16 * 60_000);
  return { hub, refresh, begin, said, groups, ended, secretOf, later };
}

test('groups follow the provider while a session lives, each time with the secret of the last', async () => {
  const { hub, refresh, begin, said, groups, secretOf, later } = await signedIn();
  await using _hub = hub;
  const { id } = await begin('one');
  await refresh.sweep();
  assert.deepEqual(said.asked, [], 'nobody is due yet');
  said.answer = () => ({ ...alice, groups: ['dev', 'oncall'], refreshSecret: 'two' });
  later();
  await Promise.all([refresh.sweep(), refresh.sweep()]);
  assert.deepEqual(said.asked, ['one'], 'of two that are about it, one asks');
  assert.deepEqual(groups(), ['corp:dev', 'corp:oncall']);
  assert.equal(await secretOf(id), 'two');
  said.answer = () => ({ ...alice, groups: ['ops'] });
  await refresh.refreshUser('alice');
  assert.deepEqual(said.asked, ['one', 'two']);
  assert.deepEqual(groups(), ['corp:ops']);
});

test('T5 whom the provider knows no more, or lets in no more, has no session and no group of it', async () => {
  for (const answer of [() => 'gone' as const, () => ({ ...alice, groups: ['visitors'] })]) {
    const { hub, refresh, begin, said, groups, ended, later } = await signedIn();
    await using _hub = hub;
    const [browser, cli] = [await begin('one'), await begin()];
    said.answer = answer;
    later();
    await refresh.sweep();
    assert.deepEqual([ended(browser.id), ended(cli.id), groups()], [true, true, []]);
  }
});

test('a session whose secret is taken back ends alone, where another still speaks for the user', async () => {
  const { hub, refresh, begin, said, groups, ended, later } = await signedIn();
  await using _hub = hub;
  const older = await begin('older');
  hub.clock.advance(1000);
  const newer = await begin('newer');
  said.answer = secret => (secret === 'newer' ? 'gone' : alice);
  later();
  await refresh.sweep();
  assert.deepEqual(said.asked, ['newer', 'older']);
  assert.deepEqual([ended(newer.id), ended(older.id), groups()], [true, false, ['corp:dev']]);
});

test('while the provider is away everybody goes on, and it is asked again later', async () => {
  const { hub, refresh, begin, said, groups, ended, later } = await signedIn();
  await using _hub = hub;
  const { id } = await begin('one');
  said.answer = () => {
    throw new DroverError('provider-unavailable');
  };
  later();
  await refresh.sweep();
  assert.deepEqual([ended(id), groups()], [false, ['corp:dev']]);
  await assert.rejects(refresh.refreshUser('alice'), { code: 'provider-unavailable' });
  said.answer = () => ({ ...alice, groups: ['ops'] });
  later();
  await refresh.sweep();
  assert.deepEqual(groups(), ['corp:ops']);
});
