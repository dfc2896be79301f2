import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '@drover/testing';
import { type Answer, startTestHub, type TestHub } from './hub.ts';

/** The change reaches an auth-proxy about when fleet-api's answer does, so that one round in fifty hits the race. */
const rounds = 100;

describe('whoever ends his own session', () => {
  const running = new AsyncDisposableStack();
  let hub: TestHub;
  let alice: string;

  before(async () => {
    hub = running.use(await startTestHub({ processes: { authProxies: 2, gateways: 1 } }));
    alice = await hub.createUser('alice');
  });
  after(() => running.disposeAsync());

  const clusters = '/apis/drover.dev/v1/clusters';
  const known = (token: string, door: string): Promise<boolean> =>
    eventually(async () => (await hub.call(clusters, { token, door })).status === 200, { everyMs: 5 });
  const makeToken = async (door: string): Promise<string> => {
    const made = await hub.call('/v1/tokens', { method: 'POST', token: alice, body: {}, door });
    assert.equal(made.status, 201, made.text);
    const token = String(made.json['token']);
    await known(token, door);
    return token;
  };
  const end = (token: string, door: string): Promise<Answer> =>
    hub.call(`/apis/drover.dev/v1/tokens/${token.split('_')[1]}`, { method: 'DELETE', token, door });

  test('T5 hears that it is ended, and no front door breaks by it', async () => {
    for (let round = 0; round < rounds; round++) {
      const door = hub.urls[round % 2] ?? '';
      const answer = await end(await makeToken(door), door);
      assert.equal(answer.status, 200, `round ${round}: ${answer.text}`);
    }
  });

  test('T5 is refused afterwards at the other door too, where his watch has ended', async () => {
    const [first = '', second = ''] = hub.urls;
    const token = await makeToken(first);
    await known(token, second);
    const watching = hub.call(`${clusters}?watch=1`, { token, door: second }).then(
      () => 'ended',
      () => 'ended',
    );
    assert.equal((await end(token, first)).status, 200);
    assert.equal(await watching, 'ended');
    await eventually(async () => (await hub.call(clusters, { token, door: second })).status === 401);
  });
});
