import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { systemClock } from '@drover/async';
import {
  type AdmissionParts,
  Assertions,
  Authenticator,
  admit,
  type HubView,
  openHubView,
} from '@drover/auth-proxy/testing';
import { connectBus } from '@drover/bus';
import { AssertionSigner, newSigningKey, SessionSigner, SessionVerifier } from '@drover/identity';
import { createLogger } from '@drover/telemetry';
import { importJWK, jwtVerify } from 'jose';
import type { ActiveCaller } from './auth-world.ts';

/** What {@link benchAuth} reads from this process's standard output. */
export interface AuthMeasures {
  readonly loadSeconds: number;
  readonly heldMegabytes: number;
  /** CPU microseconds a request: admitted, known by a hash of its token alone, and by a signature that is verified each time. */
  readonly admittedUs: number;
  readonly hashedUs: number;
  readonly verifiedUs: number;
  /** Writes on any socket while requests were admitted. */
  readonly networkWrites: number;
}

declare const gc: () => void;

const admissions = 200_000;
const verifications = 5_000;
const hubId = 'hub-1';

const [natsUrl = '', callersFile = ''] = process.argv.slice(2);
const callers = JSON.parse(readFileSync(callersFile, 'utf8')) as ActiveCaller[];
const clock = systemClock;
const logger = createLogger({ name: 'bench', level: 'silent' });

const before = held();
await using bus = await connectBus({ url: natsUrl, name: 'bench' });
const startedMs = performance.now();
const view = await openView();
const loadSeconds = (performance.now() - startedMs) / 1_000;
const heldMegabytes = (held() - before) / 1e6;

const sessionKey = await newSigningKey();
const sessions = SessionVerifier.create({ keys: [{ ...sessionKey.publicJwk }] }, hubId);
const parts: AdmissionParts = {
  view,
  clock,
  userPrefix: 'drover:',
  authenticator: new Authenticator({ view, sessions, clock, staleMs: 300_000 }),
  assertions: new Assertions(await AssertionSigner.create(await newSigningKey()), clock),
};
const calls = callers.map(({ token, cluster }) => ({
  method: 'GET',
  target: `/k8s/clusters/${cluster}/api/v1/namespaces/default/pods?limit=500`,
  rawHeaders: [
    'Host',
    'hub:8443',
    'User-Agent',
    'kubectl',
    'Accept',
    'application/json',
    'Authorization',
    `Bearer ${token}`,
  ],
  upgrade: false,
  sourceAddress: '10.0.0.1',
}));
// Each caller's assertion is signed once, as it is once a minute.
for (let round = 0; round < 20; round++) await Promise.all(calls.map(call => admit(call, parts).assertion));

let networkWrites = 0;
const { write } = Socket.prototype;
Socket.prototype.write = function counted(this: Socket, ...args: Parameters<typeof write>) {
  networkWrites++;
  return write.apply(this, args);
} as typeof write;
// Nothing is awaited, so that whatever is written was written by an admission.
const admittedUs = costOf(admissions, at => void admit(calls[at % calls.length] as (typeof calls)[number], parts));
Socket.prototype.write = write;

const byHash = new Map(callers.map(({ token }) => [createHash('sha256').update(token).digest('hex'), token]));
const hashedUs = costOf(admissions, at => {
  const { token = '' } = callers[at % callers.length] ?? {};
  byHash.get(createHash('sha256').update(token).digest('hex'));
});

const signer = await SessionSigner.create(sessionKey, hubId);
const nowMs = clock.now();
const claims = {
  user: 'user-1',
  userUid: 'u',
  sessionId: 's',
  provider: 'local',
  startedMs: nowMs,
  expiresAtMs: nowMs + 6e5,
};
const jws = await signer.sign('access', claims, nowMs);
const key = await importJWK(sessionKey.publicJwk, 'EdDSA');
for (let times = 0; times < 500; times++) await jwtVerify(jws, key);
const usage = process.cpuUsage();
for (let times = 0; times < verifications; times++) await jwtVerify(jws, key);
const verifiedUs = total(process.cpuUsage(usage)) / verifications;

const measures: AuthMeasures = { loadSeconds, heldMegabytes, admittedUs, hashedUs, verifiedUs, networkWrites };
process.stdout.write(`${JSON.stringify(measures)}\n`);
await view.close();

function openView(): Promise<HubView> {
  const nothing = (): void => {};
  return openHubView(
    bus,
    {
      onToken: nothing,
      onUser: nothing,
      onCluster: nothing,
      onProvider: nothing,
      onEndedSession: nothing,
      onMembers: nothing,
    },
    { logger, clock },
  );
}

function held(): number {
  for (let times = 0; times < 3; times++) gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function costOf(times: number, act: (at: number) => void): number {
  const start = process.cpuUsage();
  for (let at = 0; at < times; at++) act(at);
  return total(process.cpuUsage(start)) / times;
}

function total({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}
