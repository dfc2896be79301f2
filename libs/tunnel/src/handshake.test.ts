import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commonFeatures, commonVersion, readHandshake, versions } from './handshake.ts';

const good = {
  hello: { type: 'hello', versions: [1], features: [], nonce: 'n', hub: 'h', gateway: 'g' },
  join: {
    type: 'join',
    version: 1,
    features: ['f'],
    clusterUid: 'u',
    publicKey: 'k',
    proof: 'p',
    joinToken: 't',
    agentVersion: '0.1.0',
    kubernetesVersion: 'v1.35.0',
  },
  'service-join': { type: 'service-join', version: 1, features: [] },
  welcome: { type: 'welcome', session: 's', features: [] },
};

for (const [type, message] of Object.entries(good)) {
  test(`${type} is read as it is`, () => assert.deepEqual(readHandshake(message), message));

  for (const field of Object.keys(message)) {
    const { [field]: _, ...without } = message as Record<string, unknown>;
    if (field !== 'joinToken') {
      test(`${type} without ${field} is refused`, () => assert.equal(readHandshake(without), undefined));
    }
    for (const value of [null, {}, '', 'x'.repeat(10_000), [null], Array.from({ length: 65 }, () => 'x')]) {
      test(`${type} with ${field} = ${JSON.stringify(value).slice(0, 20)} is refused`, () => {
        assert.equal(readHandshake({ ...without, [field]: value }), undefined);
      });
    }
  }
}

test('a join without a token is one of an agent that is known', () => {
  const { joinToken: _, ...without } = good.join;
  assert.deepEqual(readHandshake(without), without);
});

for (const nonsense of [undefined, null, 1, 'hello', [], [good.hello]]) {
  test(`${JSON.stringify(nonsense)} is no handshake`, () => assert.equal(readHandshake(nonsense), undefined));
}

test('the best version that both speak is taken; features, those that both know', () => {
  assert.equal(commonVersion([0, ...versions, 99]), versions[0]);
  assert.equal(commonVersion([]), undefined);
  assert.equal(commonVersion([99]), undefined);
  assert.deepEqual(commonFeatures(['nobody-knows']), []);
});
