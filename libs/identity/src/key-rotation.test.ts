import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  AssertionSigner,
  AssertionVerifier,
  announceKeys,
  type LearntKeys,
  maxAnnouncements,
  newSigningKey,
  PinnedKeys,
  type PublishedKeys,
  readLearntKeys,
  readPublishedKeys,
  rotateKeys,
  type SigningKeyFile,
} from './index.ts';

const startMs = 1_800_000_000_000;
const minuteMs = 60_000;
const hubId = 'hub-1';

async function hub() {
  const { publicJwk, ...key } = await newSigningKey();
  let signing: SigningKeyFile = key;
  let published: PublishedKeys = { keys: [{ ...publicJwk }] };
  const signer = await AssertionSigner.create(() => signing);
  return {
    pins: published,
    key,
    published: () => published,
    announcements: () => published.announcements ?? [],
    rotate: async (nowMs: number) => {
      const times = { nowMs, graceMs: minuteMs, overlapMs: 10 * minuteMs };
      const rotated = await rotateKeys({ role: 'identity', hubId, signing, published, ...times });
      ({ signing, published } = rotated);
      return rotated;
    },
    sign: (nowMs: number, by = signer) =>
      by.sign({ audience: 'uid-1', user: 'drover:alice', groups: [], extra: {}, nowMs, lifetimeMs: minuteMs }),
  };
}

const agentOf = (keys: PinnedKeys) => AssertionVerifier.create(keys.source, { audience: 'uid-1', maxCached: 100 });
const refused = { code: 'identity-refused' };

describe('T9 the rotation of identity keys', () => {
  test('the old key announces the new one, which signs after a while; after another the old one is worth nothing', async () => {
    const { pins, key, rotate, sign, announcements } = await hub();
    const keys = new PinnedKeys({ hubId, pins });
    const agent = agentOf(keys);
    await rotate(startMs);
    const switchMs = startMs + minuteMs;
    const last = await sign(switchMs - 1);
    const first = await sign(switchMs);
    await agent.verify(last, switchMs);
    await assert.rejects(agent.verify(first, switchMs), refused);
    void keys.learn(announcements(), switchMs);
    // It waits for what is being learnt.
    assert.equal((await agent.verify(first, switchMs)).user, 'drover:alice');
    const thief = await AssertionSigner.create(key);
    await agent.verify(await sign(switchMs + 9 * minuteMs, thief), switchMs + 9 * minuteMs);
    const late = switchMs + 10 * minuteMs;
    await assert.rejects(agent.verify(await sign(late, thief), late), refused);
    await agent.verify(await sign(late), late);
  });

  test('an agent that was away for several rotations follows the chain from its pin', async () => {
    const { pins, rotate, sign, announcements } = await hub();
    const later = [1, 2, 3].map(day => startMs + day * 24 * 60 * minuteMs);
    for (const nowMs of later) await rotate(nowMs);
    const nowMs = (later[2] ?? 0) + minuteMs;
    const keys = new PinnedKeys({ hubId, pins });
    await keys.learn(announcements(), nowMs);
    await agentOf(keys).verify(await sign(nowMs), nowMs);
    // One link less, and there is no way from the pin to the last key.
    const cut = new PinnedKeys({ hubId, pins });
    await cut.learn(announcements().slice(1), nowMs);
    await assert.rejects(agentOf(cut).verify(await sign(nowMs), nowMs), refused);
  });

  test('nobody else announces keys: not another key, not for another hub or role, and not an older state again', async () => {
    const { pins, key, rotate, announcements } = await hub();
    const evil = await newSigningKey();
    const keys = [{ ...evil.publicJwk }];
    const names = { hubId, role: 'identity', seq: 9, keys } as const;
    const forged = await announceKeys(evil, names, startMs);
    const borrowed = await announceKeys({ ...evil, kid: key.kid }, names, startMs);
    const elsewhere = await announceKeys(key, { ...names, hubId: 'hub-2' }, startMs);
    const otherRole = await announceKeys(key, { ...names, role: 'session' }, startMs);
    const none = await announceKeys(key, { ...names, keys: [] }, startMs);
    const symmetric = await announceKeys(key, { ...names, keys: [{ kty: 'oct', k: 'AAAA', kid: 'x' }] }, startMs);
    const pinned = new PinnedKeys({ hubId, pins, onLearnt: () => assert.fail('it learnt from a forgery') });
    await pinned.learn([forged, borrowed, elsewhere, otherRole, none, symmetric, 'x', `${forged}.`], startMs);
    const thief = await AssertionSigner.create(evil);
    const claims = { audience: 'uid-1', user: 'drover:root', groups: [], extra: {}, nowMs: startMs, lifetimeMs: 1000 };
    await assert.rejects(agentOf(pinned).verify(await thief.sign(claims), startMs), refused);

    await rotate(startMs);
    await rotate(startMs + 2 * minuteMs);
    const learnt: number[] = [];
    const agent = new PinnedKeys({ hubId, pins, onLearnt: ({ seq }) => learnt.push(seq) });
    await agent.learn(announcements(), startMs + 2 * minuteMs);
    await agent.learn([...announcements()].reverse(), startMs + 2 * minuteMs);
    assert.deepEqual(learnt, [2]);
  });

  test('a retired key announces nothing more', async () => {
    const { pins, key, rotate, announcements } = await hub();
    await rotate(startMs);
    const late = startMs + 12 * minuteMs;
    const keys = new PinnedKeys({ hubId, pins });
    await keys.learn(announcements(), late);
    const evil = await newSigningKey();
    const forged = await announceKeys(key, { hubId, role: 'identity', seq: 9, keys: [{ ...evil.publicJwk }] }, late);
    await keys.learn([forged], late);
    assert.equal(
      (await keys.source(late)).keys.some(({ kid }) => kid === evil.kid),
      false,
    );
  });

  test('what was learnt and kept outlives a restart; the pins of a new import begin anew', async () => {
    const { pins, rotate, announcements } = await hub();
    await rotate(startMs);
    const late = startMs + 12 * minuteMs;
    let kept: LearntKeys | undefined;
    const first = new PinnedKeys({ hubId, pins, onLearnt: learnt => (kept = readLearntKeys(JSON.stringify(learnt))) });
    await first.learn(announcements(), late);
    assert.ok(kept);
    const again = new PinnedKeys({ hubId, pins, learnt: kept });
    assert.deepEqual(await again.source(late), { keys: kept.keys });
    const { publicJwk } = await newSigningKey();
    const imported = new PinnedKeys({ hubId, pins: { keys: [{ ...publicJwk }] }, learnt: kept });
    assert.deepEqual((await imported.source(late)).keys, [{ ...publicJwk }]);
    assert.equal(readLearntKeys('{}'), undefined);
    assert.equal(readLearntKeys('no JSON'), undefined);
  });

  test('a rotation is refused while the last one’s key does not sign yet; what is published stays bounded', async () => {
    const { rotate, published } = await hub();
    await rotate(startMs);
    await assert.rejects(rotate(startMs + 1), { code: 'conflict' });
    for (let times = 1; times < maxAnnouncements + 3; times++) await rotate(startMs + times * 12 * minuteMs);
    assert.equal(published().announcements?.length, maxAnnouncements);
    assert.equal(published().keys.length, 2);
    assert.deepEqual(readPublishedKeys(JSON.stringify(published()), 'it'), published());
  });
});
