import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '@drover/async';
import { DroverError } from '@drover/errors';
import { ImpersonatorToken } from './impersonator-token.ts';

const hourMs = 3_600_000;

/** A kube-apiserver that answers `lifeMs` of life, or fails while `failing`. */
async function open(lifeMs = hourMs) {
  const clock = new ManualClock();
  const server = { asked: 0, failing: false, lifeMs, answered: Promise.resolve<unknown>(undefined) };
  const warnings: unknown[] = [];
  const kube = {
    requestToken: (namespace: string, account: string) => {
      assert.equal(`${namespace}/${account}`, 'drover-system/drover-impersonator');
      server.asked++;
      const answer = server.failing
        ? Promise.reject(new DroverError('cluster-unreachable'))
        : Promise.resolve({ token: `token-${server.asked}`, expiresAtMs: clock.now() + server.lifeMs });
      server.answered = answer.catch(() => {});
      return answer;
    },
  };
  const token = await ImpersonatorToken.open({
    kube,
    clock,
    random: () => 0,
    logger: { warn: (...line: unknown[]) => void warnings.push(line) },
    signal: AbortSignal.timeout(1000),
  });
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await server.answered;
    await new Promise(setImmediate); // the token's own continuations
  };
  return { clock, server, token, warnings, pass };
}

test('a token is renewed at 80 % of its life', async () => {
  const { token, pass, clock } = await open();
  assert.equal(token.current(), 'token-1');
  await pass(0.79 * hourMs);
  assert.equal(token.current(), 'token-1');
  await pass(0.02 * hourMs);
  assert.equal(token.current(), 'token-2');
  await token.close();
  assert.equal(clock.pending, 0);
});

test('while renewal fails the old token serves until it expires, then nothing does', async () => {
  const { token, server, warnings, pass } = await open();
  server.failing = true;
  await pass(0.81 * hourMs);
  assert.equal(token.current(), 'token-1');
  assert.equal(warnings.length, 1);
  await pass(0.2 * hourMs);
  assert.throws(() => token.current(), { code: 'cluster-unreachable' });
  server.failing = false;
  await pass(30_000);
  assert.match(token.current(), /^token-/);
  await token.close();
});

test('a clock that is hours ahead or behind neither stops the agent nor makes it ask without pause', async () => {
  for (const lifeMs of [-5 * hourMs, 50 * hourMs]) {
    const { token, server, pass } = await open(lifeMs);
    assert.equal(token.current(), 'token-1');
    await pass(47_000);
    assert.equal(server.asked, 1);
    await pass(hourMs);
    assert.notEqual(token.current(), 'token-1');
    await token.close();
  }
});

test('a refused token is renewed once, and not when it is fresh or was replaced', async () => {
  const { token, server, pass } = await open();
  token.refused('token-1');
  assert.equal(server.asked, 1);
  await pass(6_000);
  token.refused('token-1');
  token.refused('token-1');
  await pass(0);
  assert.equal(token.current(), 'token-2');
  token.refused('token-1');
  assert.equal(server.asked, 2);
  await token.close();
});

test('a closed token is forgotten', async () => {
  const { token, clock } = await open();
  await token.close();
  assert.throws(() => token.current(), { code: 'cluster-unreachable' });
  token.refused('token-1');
  assert.equal(clock.pending, 0);
});

test('no first token, no agent', async () => {
  const kube = { requestToken: () => Promise.reject(new DroverError('forbidden', 'no')) };
  await assert.rejects(
    ImpersonatorToken.open({ kube, logger: { warn: () => {} }, signal: AbortSignal.timeout(1000) }),
    { code: 'forbidden' },
  );
});
