import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  type ClientRequest,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, test } from 'node:test';
import { ManualClock } from '@drover/async';
import { auditNoteHeader, type Token, type User, writeAuditNote } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { AssertionSigner, mintToken, newSigningKey, SessionVerifier } from '@drover/identity';
import { Assertions } from '../access/assertions.ts';
import { Authenticator } from '../access/authenticator.ts';
import { LiveExchanges } from '../access/live-exchanges.ts';
import { type HubApi, localHubApi } from '../adapters/hub-api.ts';
import { hubRoute } from './hub-route.ts';
import type { HubCaller, HubNote, RequestAudit } from './request-audit.ts';

const closeOf = (asked: ClientRequest): Promise<unknown> => new Promise(resolve => asked.once('close', resolve));
const running: Disposable[] = [];
afterEach(() => {
  for (const it of running.splice(0)) it[Symbol.dispose]();
});

/** The route on a real server; what it hands over waits in `handed`. */
async function world() {
  const clock = new ManualClock();
  const meta = { uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
  const { token, id, hash } = mintToken('drv');
  const held = { metadata: { ...meta, name: id }, spec: { user: 'alice' }, hash } as Token;
  const user = { metadata: { ...meta, name: 'alice' }, spec: {} } as User;
  const view = {
    token: (name: string) => (name === id ? held : undefined),
    user: (name: string) => (name === 'alice' ? user : undefined),
    provider: () => undefined,
    sessionEnded: () => false,
    cluster: () => undefined,
    mayReach: () => true,
    lastHeardMs: () => clock.now(),
  };
  const live = new LiveExchanges(clock, assert.ifError);
  const records: { status: number; error: string | undefined }[] = [];
  const notes: HubNote[] = [];
  const callers: HubCaller[] = [];
  const audit = {
    hub: (_call, who, _startedMs, status, error, note = {}) => {
      notes.push(note);
      records.push({ status, error });
      callers.push(who);
    },
  } as Pick<RequestAudit, 'hub'> as RequestAudit;
  const handed: { request: IncomingMessage; response: ServerResponse; impersonation: unknown }[] = [];
  const hubApi: HubApi = {
    serve: (request, response, { impersonation }) =>
      void handed.push({
        request: request as IncomingMessage,
        response: response as ServerResponse,
        impersonation,
      }),
    plain: () => assert.fail('nothing came the quick way'),
  };
  const signer = await AssertionSigner.create(await newSigningKey());
  const sessionKey = await newSigningKey();
  const sessions = SessionVerifier.create({ keys: [{ ...sessionKey.publicJwk }] }, 'hub-1');
  const route = hubRoute(
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
  const server = createServer((request, response) => route.request(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  running.push({
    [Symbol.dispose]: () => {
      live.close();
      server.close();
      server.closeAllConnections();
    },
  });
  const ask = (method: string, path: string, headers = {}) =>
    httpRequest({
      port: (server.address() as AddressInfo).port,
      method,
      path,
      headers: { authorization: `Bearer ${token}`, ...headers },
    }).on('error', () => {});
  const handedOver = async () => {
    for (;;) {
      const next = handed.shift();
      if (next !== undefined) return next;
      await new Promise(setImmediate);
    }
  };
  const revoke = () => live.cutWhere(() => true, new DroverError('unauthenticated', 'the token was revoked'));
  return { ask, handed, handedOver, revoke, live, records, callers, notes };
}

test('T19 the audit tells what fleet-api says of a request, and no name that is no user’s', async () => {
  const { ask, handedOver, records, notes } = await world();
  for (const account of ['Alice', 'correct horse battery']) {
    const asked = ask('POST', '/v1/login').end();
    const answered = once(asked, 'response');
    const { response } = await handedOver();
    const note = { action: 'sign-in-refused', provider: 'local', account, reason: 'unauthenticated' };
    response.setHeader(auditNoteHeader, writeAuditNote(note));
    response.writeHead(401).end();
    const [answer] = await answered;
    answer.resume();
    await once(answer, 'close');
  }
  assert.deepEqual(records, Array(2).fill({ status: 401, error: 'unauthenticated' }));
  const [known, unknown] = notes;
  assert.deepEqual(known, { action: 'sign-in-refused', provider: 'local', account: 'alice' });
  assert.deepEqual(Object.keys(unknown ?? {}).sort(), ['accountHash', 'action', 'provider']);
  assert.match(unknown?.accountHash ?? '', /^[0-9a-f]{16}$/);
});

test('T5 a change that ends its own credential is answered with its own outcome', async () => {
  const { ask, handedOver, revoke, live } = await world();
  const asked = ask('DELETE', '/apis/drover.dev/v1/tokens/mine').end();
  const answered = once(asked, 'response');
  const { response } = await handedOver();
  revoke();
  assert.equal(live.size, 0);
  response.writeHead(200).end('{}');
  const [answer] = await answered;
  assert.equal(answer.statusCode, 200);
});

test('T5 a watch breaks off with its credential, and what fleet-api writes afterwards harms nobody', async () => {
  const { ask, handedOver, revoke, records } = await world();
  const asked = ask('GET', '/apis/drover.dev/v1/clusters?watch=1').end();
  const closed = closeOf(asked);
  const { response } = await handedOver();
  revoke();
  await closed;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{}\n');
  response.end();
  assert.deepEqual(records, [{ status: 401, error: 'unauthenticated' }]);
});

test('T5 a body that is still being sent when the credential ends is not taken', async () => {
  const { ask, handedOver, revoke } = await world();
  const asked = ask('POST', '/v1/tokens', { 'content-length': '10' });
  asked.write('{');
  const closed = closeOf(asked);
  const { request } = await handedOver();
  revoke();
  await closed;
  assert.equal(request.complete, false);
});

test('T5 a request whose credential ends while its assertion is signed is not handed over', async () => {
  const { ask, handed, revoke, live } = await world();
  const asked = ask('GET', '/apis/drover.dev/v1/clusters').end();
  const closed = closeOf(asked);
  const add = live.add.bind(live);
  live.add = exchange => {
    add(exchange);
    revoke();
  };
  await closed;
  await new Promise(setImmediate);
  assert.deepEqual(handed, []);
});

test('T1 a wish to act as another goes to fleet-api apart from who asks, and the audit names both', async () => {
  const { ask, handedOver, callers } = await world();
  const asked = ask('GET', '/apis', { 'Impersonate-User': 'bob', 'Impersonate-Group': ['dev', 'ops'] }).end();
  const closed = closeOf(asked);
  const { response, impersonation } = await handedOver();
  response.writeHead(200).end('{}');
  asked.on('response', answer => answer.resume());
  await closed;
  assert.deepEqual(impersonation, [
    ['impersonate-user', 'bob'],
    ['impersonate-group', 'dev'],
    ['impersonate-group', 'ops'],
  ]);
  const [who] = callers;
  assert.deepEqual([who?.user, who?.groups, who?.originalUser], ['bob', ['dev', 'ops'], 'alice']);
});

test('T2 T3 what a client says in the hub’s own headers reaches nobody', async () => {
  const seen: NodeJS.Dict<string | string[]>[] = [];
  const forward = localHubApi({
    handler: (request, response) => {
      seen.push(request.headers);
      response.end();
    },
    plain: () => undefined,
  });
  const server = createServer((request, response) =>
    forward.serve(request, response, {
      assertion: 'signed',
      impersonation: request.url === '/as' ? [['impersonate-user', 'bob']] : undefined,
    }),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const forged = { 'drover-impersonation': 'x', 'Drover-Identity': 'y', 'impersonate-user': 'z' };
  for (const path of ['/', '/as']) await (await fetch(`http://127.0.0.1:${port}${path}`, { headers: forged })).text();
  server.close();
  const told = seen.map(headers => [
    headers['drover-identity'],
    headers['drover-impersonation'],
    headers['impersonate-user'],
  ]);
  const wish = Buffer.from('[["impersonate-user","bob"]]').toString('base64url');
  assert.deepEqual(told, [
    ['signed', undefined, undefined],
    ['signed', wish, undefined],
  ]);
});
