import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '@drover/async';
import { sessionCookieName, type Token, type User } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { AssertionSigner, mintToken, newSigningKey, SessionSigner, SessionVerifier } from '@drover/identity';
import type { PlainAnswer, PlainListener } from '@drover/service-kit';
import { Assertions } from '../access/assertions.ts';
import { Authenticator } from '../access/authenticator.ts';
import { LiveExchanges } from '../access/live-exchanges.ts';
import type { HubApi, HubIdentity, PlainHubRequest } from '../adapters/hub-api.ts';
import { plainHubHandler } from './hub-exchange.ts';
import type { HubCaller, RequestAudit } from './request-audit.ts';

/** What was sent to the caller, in order. */
class SentAnswer implements PlainAnswer {
  readonly said: string[] = [];
  head(status: number): void {
    this.said.push(`head ${status}`);
  }
  data(chunk: Buffer): boolean {
    this.said.push(`data ${chunk}`);
    return true;
  }
  framed(chunks: Buffer): boolean {
    this.said.push(`framed ${chunks}`);
    return true;
  }
  end(): void {
    this.said.push('end');
  }
  cut(): void {
    this.said.push('cut');
  }
  refuse(error: DroverError): void {
    this.said.push(`refuse ${error.code}`);
  }
}

interface Handed extends HubIdentity {
  readonly request: PlainHubRequest;
  readonly answer: PlainAnswer;
  readonly told: string[];
}

/** The handler; what it hands over waits in `handed`. */
async function world({ clusters }: { clusters?: string[] } = {}) {
  const clock = new ManualClock();
  const meta = { uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
  const { token, id, hash } = mintToken('drv');
  const spec = { user: 'alice', ...(clusters === undefined ? {} : { clusters }) };
  const held = { metadata: { ...meta, name: id }, spec, hash } as Token;
  const user = { metadata: { ...meta, name: 'alice' }, spec: {} } as User;
  const view = {
    token: (name: string) => (name === id ? held : undefined),
    user: () => user,
    provider: () => undefined,
    sessionEnded: () => false,
    cluster: () => undefined,
    mayReach: () => true,
    lastHeardMs: () => clock.now(),
  };
  const live = new LiveExchanges(clock, assert.ifError);
  const records: [status: number, error: string | undefined, who: HubCaller][] = [];
  const audit = {
    hub: (_call, who, _startedMs, status, error) => void records.push([status, error, who]),
  } as Pick<RequestAudit, 'hub'> as RequestAudit;
  const handed: Handed[] = [];
  const hubApi: HubApi = {
    serve: () => assert.fail('nothing came by node:http'),
    plain: (request, answer, identity) => {
      const told: string[] = [];
      handed.push({ request, answer, told, ...identity });
      return { gone: () => void told.push('gone'), drained: () => void told.push('drained') };
    },
  };
  const signer = await AssertionSigner.create(await newSigningKey());
  const sessionKey = await newSigningKey();
  const sessions = SessionVerifier.create({ keys: [{ ...sessionKey.publicJwk }] }, 'hub-1');
  const handler = plainHubHandler(
    {
      view,
      clock,
      userPrefix: 'drover:',
      authenticator: new Authenticator({ view, sessions, clock, staleMs: 1e9 }),
      assertions: new Assertions(signer, clock),
    },
    { audit, live },
    hubApi,
  );
  const ask = (method: string, ...headers: string[]): { sent: SentAnswer; listener: PlainListener | undefined } => {
    const sent = new SentAnswer();
    const all = ['host', 'h', 'authorization', `Bearer ${token}`, ...headers];
    const request = { method, target: '/apis/drover.dev/v1/clusters', headers: all, bytes: 0 };
    return { sent, listener: handler(request, sent, '10.0.0.1') };
  };
  /** The first assertion is signed first. */
  const next = async (): Promise<Handed> => {
    for (;;) {
      const one = handed.shift();
      if (one !== undefined) return one;
      await new Promise(setImmediate);
    }
  };
  const revoke = () => live.cutWhere(() => true, new DroverError('unauthenticated', 'the token was revoked'));
  /** Asks as a browser does. */
  const browse = async (method: string, headers: readonly string[], ends: 'soon' | 'already' = 'soon') => {
    const now = clock.now();
    const claims = { user: 'alice', userUid: 'u', sessionId: 's', provider: 'local', startedMs: now };
    const sessionSigner = await SessionSigner.create(sessionKey, 'hub-1');
    const expiresAtMs = ends === 'soon' ? now + 60_000 : now - 1000;
    const jws = await sessionSigner.sign('session', { ...claims, expiresAtMs }, now);
    const sent = new SentAnswer();
    const cookie = `theme=dark; ${sessionCookieName}=${jws}`;
    const all = ['host', 'hub.example:8443', 'cookie', cookie, ...headers];
    handler({ method, target: '/account', headers: all, bytes: 0 }, sent, '10.0.0.1');
    return { sent, cookie };
  };
  return { ask, browse, next, handed, handler, revoke, live, records };
}

test('a browser’s session is its user’s, and one that is no more is nobody’s', async () => {
  const { browse, next } = await world();
  const { cookie } = await browse('GET', []);
  const asked = await next();
  assert.equal(asked.cookie, cookie);
  assert.equal(asked.assertion?.split('.').length, 3);
  await browse('GET', [], 'already');
  assert.equal((await next()).assertion, undefined);
});

test('T12 what a browser’s session may change is changed from a page of the hub alone', async () => {
  const { browse, next, handed } = await world();
  for (const headers of [
    [],
    ['origin', 'null'],
    ['origin', 'https://evil.example'],
    ['origin', 'http://hub.example:8443'],
  ]) {
    for (const ends of ['soon', 'already'] as const) {
      const { sent } = await browse('POST', headers, ends);
      assert.deepEqual([sent.said, handed.length], [['refuse forbidden'], 0], headers.join());
    }
  }
  await browse('POST', ['origin', 'https://hub.example:8443']);
  assert.notEqual((await next()).assertion, undefined);
});

test('T2 T3 what says who asks goes to fleet-api from the hub alone, apart from what is passed on', async () => {
  const { ask, next, records } = await world();
  const forged = ['drover-identity', 'x', 'drover-impersonation', 'y', 'accept', 'a/b', 'connection', 'keep-alive'];
  ask('GET', ...forged, 'impersonate-user', 'bob', 'impersonate-group', 'dev');
  const { request, assertion, impersonation, answer } = await next();
  assert.deepEqual(request.headers, ['accept', 'a/b']);
  assert.equal(assertion?.split('.').length, 3);
  assert.deepEqual(impersonation, [
    ['impersonate-user', 'bob'],
    ['impersonate-group', 'dev'],
  ]);
  answer.head(200, []);
  answer.end();
  const [[status, , who] = []] = records;
  assert.deepEqual([status, who?.user, who?.groups, who?.originalUser], [200, 'bob', ['dev'], 'alice']);
});

test('T5 what reads ends with its credential, and what fleet-api says afterwards goes nowhere', async () => {
  const { ask, next, revoke, live, records } = await world();
  const { sent } = ask('GET');
  const { answer, told } = await next();
  answer.head(200, []);
  answer.framed(Buffer.from('one'));
  revoke();
  answer.framed(Buffer.from('two'));
  answer.end();
  assert.deepEqual(sent.said, ['head 200', 'framed one', 'cut']);
  assert.deepEqual(told, ['gone']);
  assert.deepEqual([records.length, records[0]?.[0], records[0]?.[1]], [1, 401, 'unauthenticated']);
  assert.equal(live.size, 0);
});

test('T5 a change that ends its own credential is answered with its own outcome', async () => {
  const { ask, next, revoke, live, records } = await world();
  const { sent } = ask('DELETE');
  const { answer } = await next();
  revoke();
  assert.equal(live.size, 0);
  answer.head(200, []);
  answer.end();
  assert.deepEqual(sent.said, ['head 200', 'end']);
  assert.equal(records[0]?.[0], 200);
});

test('T5 a request whose credential ends while its assertion is signed is not handed over', async () => {
  const { ask, handed, revoke } = await world();
  const { sent } = ask('GET');
  revoke();
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.deepEqual([handed, sent.said], [[], ['cut']]);
});

test('a caller who goes is told to fleet-api, and leaves one record', async () => {
  const { ask, next, records, live } = await world();
  const { listener } = ask('GET');
  const { told, answer } = await next();
  listener?.gone();
  listener?.gone();
  answer.refuse(new DroverError('internal'));
  assert.deepEqual(told, ['gone']);
  assert.deepEqual([records.length, live.size], [1, 0]);
});

test('T4 what is refused is answered and recorded, and fleet-api hears nothing of it', async () => {
  const { handler, records, handed } = await world();
  for (const [headers, code] of [
    [['host', 'h', 'authorization', 'Bearer drv_nothing'], 'token-malformed'],
    [['host', 'h', 'authorization', 'Basic eDp5'], 'unauthenticated'],
    [['host', 'h', 'authorization', 'Bearer a', 'authorization', 'Bearer b'], 'bad-request'],
  ] as const) {
    const sent = new SentAnswer();
    assert.equal(handler({ method: 'GET', target: '/api', headers, bytes: 0 }, sent, ''), undefined);
    assert.deepEqual(sent.said, [`refuse ${code}`]);
    assert.equal(records.at(-1)?.[1], code);
  }
  const limited = await world({ clusters: ['one'] });
  assert.deepEqual(limited.ask('GET').sent.said, ['refuse forbidden']);
  assert.deepEqual([handed, limited.handed], [[], []]);
});

test('T22 a user has no more requests in flight than the limit, whoever he says he acts as', async () => {
  const { ask } = await world();
  let refused = false;
  for (let at = 0; at < 2_000 && !refused; at++) {
    refused = ask('GET', 'impersonate-user', `user-${at}`).sent.said.includes('refuse too-many-requests');
  }
  assert.ok(refused);
});
