import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { ManualClock } from '@drover/async';
import { DroverError } from '@drover/errors';
import { createLogger } from '@drover/telemetry';
import { connectSessions, RateLimits, type Sessions } from './index.ts';
import { RedisForTests } from './redis-for-tests.ts';

const settings = {
  pair: { max: 3, windowMs: 60_000 },
  address: { max: 8, windowMs: 60_000 },
  account: { max: 12, windowMs: 60_000 },
  provider: { max: 20, windowMs: 60_000 },
};

interface Counting {
  readonly limits: RateLimits;
  readonly clock: ManualClock;
  /** An attempt: 'right', 'wrong', or 'refused' without being made. */
  attempt(account: string, address: string, isRight: boolean, provider?: string): Promise<string>;
  /** So many wrong ones, as far as they are made. */
  guess(account: string, address: string, times: number, provider?: string): Promise<number>;
}

function counting(sessions?: Sessions): Counting {
  const clock = new ManualClock();
  const logger = createLogger({ name: 'test', destination: { write: () => {} } });
  const limits = new RateLimits({ clock, logger, settings, ...(sessions ? { sessions } : {}) });
  const attempt: Counting['attempt'] = async (account, address, isRight, provider = 'corp') => {
    try {
      return (await limits.run({ provider, account, address }, async () => isRight)) ? 'right' : 'wrong';
    } catch (error) {
      assert.equal(DroverError.from(error).code, 'too-many-requests');
      return 'refused';
    }
  };
  const guess: Counting['guess'] = async (account, address, times, provider) => {
    let made = 0;
    for (let n = 0; n < times; n++) if ((await attempt(account, address, false, provider)) === 'wrong') made++;
    return made;
  };
  return { limits, clock, attempt, guess };
}

let redis: RedisForTests;
before(async () => {
  redis = await RedisForTests.start();
});
after(() => redis[Symbol.asyncDispose]());

for (const where of ['in memory', 'in Redis'] as const) {
  suite(`T13 failed sign-ins ${where}`, () => {
    let sessions: Sessions | undefined;
    before(async () => {
      if (where === 'in memory') return;
      sessions = connectSessions({ url: redis.url });
      await sessions.ready();
    });
    after(() => sessions?.close());
    const fresh = async (): Promise<Counting> => {
      await sessions?.redis.flushall();
      return counting(sessions);
    };

    test('one account from one address, whether it exists or not, and whatever the case of its name', async () => {
      const { attempt, guess } = await fresh();
      assert.equal(await guess('alice', 'a', 10), 3);
      assert.equal(await attempt('ALICE', 'a', true), 'refused');
      assert.equal(await attempt('alice', 'b', true), 'right', 'from elsewhere he signs in');
      assert.equal(await attempt('alice', 'a', true, 'local'), 'right', 'the account of another provider is another');
      assert.equal(await guess('nobody', 'c', 10), 3);
    });

    test('a success forgets the failures before it, and what throws is none', async () => {
      const { limits, attempt, guess } = await fresh();
      await guess('alice', 'a', 2);
      assert.equal(await attempt('alice', 'a', true), 'right');
      assert.equal(await guess('alice', 'a', 10), 3);
      const tried = { provider: 'corp', account: 'bob', address: 'b' };
      for (let n = 0; n < 10; n++)
        await assert.rejects(
          limits.run(tried, () => Promise.reject(new Error('away'))),
          /away/,
        );
      assert.equal(await attempt('bob', 'b', true), 'right');
    });

    test('one address on many accounts', async () => {
      const { attempt, guess } = await fresh();
      let made = 0;
      for (let n = 0; n < 20; n++) made += await guess(`user-${n}`, 'a', 1);
      assert.equal(made, 8);
      assert.equal(await attempt('user-1', 'b', true), 'right');
    });

    test('who guesses from everywhere locks the owner out of nothing', async () => {
      const { attempt, guess } = await fresh();
      assert.equal(await attempt('alice', 'home', true), 'right');
      let made = 0;
      for (let n = 0; n < 20; n++) made += await guess('alice', `bot-${n}`, 3);
      assert.equal(made, 12);
      assert.equal(
        await attempt('alice', 'bot-30', true),
        'refused',
        'even with the password: a stranger knows no answer',
      );
      assert.equal(await attempt('alice', 'home', true), 'right');
      assert.equal(await attempt('bob', 'elsewhere', true), 'right', 'other accounts are not touched');
    });

    test('a flood at one provider keeps strangers from it, and those alone', async () => {
      const { attempt, guess } = await fresh();
      assert.equal(await attempt('alice', 'home', true), 'right');
      let made = 0;
      for (let n = 0; n < 30; n++) made += await guess(`user-${n}`, `bot-${n}`, 1);
      assert.equal(made, 20);
      assert.equal(await attempt('carol', 'office', true), 'refused');
      assert.equal(await attempt('alice', 'home', true), 'right');
      assert.equal(await attempt('carol', 'office', true, 'local'), 'right');
    });

    test('guesses in parallel get no further than one by one, and sign-ins in parallel all pass', async () => {
      const { attempt } = await fresh();
      const guesses = await Promise.all(Array.from({ length: 20 }, () => attempt('alice', 'a', false)));
      assert.equal(guesses.filter(outcome => outcome === 'wrong').length, 3);
      const right = await Promise.all(Array.from({ length: 20 }, () => attempt('bob', 'b', true)));
      assert.deepEqual(new Set(right), new Set(['right']));
    });
  });
}

test('T13 the window ends, in memory and in Redis', async () => {
  const alone = counting();
  await alone.guess('alice', 'a', 5);
  alone.clock.advance(60_000);
  assert.equal(await alone.attempt('alice', 'a', true), 'right');
  await using sessions = connectSessions({ url: redis.url });
  await sessions.ready();
  await sessions.redis.flushall();
  await counting(sessions).guess('alice', 'a', 5);
  for (const key of await sessions.redis.keys('drover:attempts:*')) {
    const left = await sessions.redis.pttl(key);
    assert.ok(left > 0 && left <= 60_000, `${key} ends`);
    assert.doesNotMatch(key, /alice/);
  }
});

test('T13 replicas count together, and alone while Redis is away', async () => {
  await using server = await RedisForTests.start();
  await using one = connectSessions({ url: server.url });
  await using two = connectSessions({ url: server.url });
  await one.ready();
  await two.ready();
  const [first, second] = [counting(one), counting(two)];
  assert.equal(await first.guess('alice', 'a', 2), 2);
  assert.equal(await second.guess('alice', 'a', 10), 1);
  await first.attempt('bob', 'home', true);
  await server.stop();
  assert.equal(await second.guess('bob', 'a', 10), 3);
  assert.equal(await first.attempt('alice', 'a', true), 'right', 'what it counted itself was less');
  for (let n = 0; n < 20; n++) await first.guess('bob', `bot-${n}`, 3);
  assert.equal(await first.attempt('bob', 'home', true), 'right', 'known by its own memory');
  assert.equal(await first.attempt('bob', 'new', true), 'refused');
  await server.start();
  await one.ready();
  assert.equal(await first.attempt('dave', 'a', true), 'right');
});
