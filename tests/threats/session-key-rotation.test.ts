import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { rotateHubKeys } from '@drover/local-stack';
import { eventually } from '@drover/testing';
import { Agent, request } from 'undici';
import { passwordOf, startTestHub, type TestHub } from './hub.ts';

const running = new AsyncDisposableStack();
let hub: TestHub;
let http: Agent;

before(async () => {
  hub = running.use(await startTestHub({ processes: { authProxies: 2, gateways: 1 } }));
  http = new Agent({ connect: { ca: hub.ca } });
  running.defer(() => http.destroy());
});
after(() => running.disposeAsync());

interface Session {
  readonly access: string;
  readonly session: string;
}

async function signIn(): Promise<Session> {
  const body = { username: 'erin', password: passwordOf('erin') };
  const { status, json, text } = await hub.call('/v1/login', { method: 'POST', body });
  assert.equal(status, 201, text);
  return { access: String(json['token']), session: String(json['session']) };
}

async function renew({ session }: Session): Promise<number> {
  const form = { grant_type: 'refresh_token', client_id: 'drover-cli', refresh_token: session };
  const answer = await request(new URL('/v1/oauth/token', hub.url), {
    dispatcher: http,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  await answer.body.dump();
  return answer.statusCode;
}

const statusesOf = ({ access }: Session): Promise<number[]> =>
  Promise.all(
    hub.urls.map(async door => (await hub.call('/apis/drover.dev/v1/clusters', { door, token: access })).status),
  );
const kidOf = (jws: string): string =>
  JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString('utf8')).kid;

test('T10 a session outlives the rotation of the keys until the overlap ends; then what the old key signed opens nothing', async () => {
  await hub.createUser('erin');
  const old = await signIn();
  await eventually(async () => (await statusesOf(old)).every(status => status === 200));
  const times = { graceMs: 5_000, overlapMs: 4_000 };
  const rotated = await rotateHubKeys({ dataDir: hub.dataDir, role: 'session', nowMs: Date.now(), ...times });
  assert.notEqual(kidOf(old.access), rotated.kid);

  // The first credential of the new key is known at every door when it is made.
  let fresh = await signIn();
  const statuses: number[] = [];
  await eventually(
    async () => {
      fresh = await signIn();
      statuses.push(...(await statusesOf(old)), ...(await statusesOf(fresh)));
      return kidOf(fresh.access) === rotated.kid;
    },
    { timeoutMs: 20_000, everyMs: 700 },
  );
  assert.deepEqual(new Set(statuses), new Set([200]));
  assert.equal(kidOf(fresh.session), rotated.kid);
  assert.equal(await renew(old), 200);

  await eventually(async () => (await statusesOf(old)).every(status => status === 401), { timeoutMs: 20_000 });
  assert.ok(Date.now() >= rotated.retiresAtMs);
  assert.equal(await renew(old), 400);
  assert.deepEqual(await statusesOf(fresh), [200, 200]);
  assert.equal(await renew(fresh), 200);
});
