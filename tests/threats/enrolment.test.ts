import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { JoinFile } from '@drover/contracts';
import { mintToken, proofOfPossession } from '@drover/identity';
import { createLogger } from '@drover/telemetry';
import { eventually, run } from '@drover/testing';
import {
  encodeRequestHead,
  type Hello,
  type Reset,
  readHandshake,
  TunnelSession,
  tunnelSubprotocol,
  WebSocketTransport,
} from '@drover/tunnel';
import { WebSocket } from 'ws';
import { newKey, startAgent } from './agent.ts';
import { startEvilGateway } from './evil-gateway.ts';
import { startTestHub, type TestHub } from './hub.ts';
import { type StubCluster, startStubCluster } from './stub-cluster.ts';

type Key = ReturnType<typeof newKey>;

/** What an agent says of itself; `prove` may lie. */
interface Claim {
  readonly clusterUid: string;
  readonly key: Key;
  readonly joinToken?: string;
  /** Where it dials from. */
  readonly localAddress?: string;
  prove?(hello: Hello): string;
}

describe('one agent that wants to be another', () => {
  const running = new AsyncDisposableStack();
  let hub: TestHub;
  let stub: StubCluster;
  let alpha: JoinFile;
  let beta: JoinFile;
  const alphaKey = newKey();
  const betaKey = newKey();

  before(async () => {
    hub = running.use(await startTestHub());
    stub = running.use(await startStubCluster({ ...hub.certificate, ca: hub.ca }));
    alpha = await hub.joinFile('alpha');
    beta = await hub.joinFile('beta');
    running.use(startAgent(alpha, stub.endpoint, { key: alphaKey }));
    running.use(startAgent(beta, stub.endpoint, { key: betaKey }));
    await Promise.all([served('alpha'), served('beta')]);
  });
  after(() => running.disposeAsync());

  const served = (cluster: string): Promise<boolean> =>
    eventually(async () => (await hub.call(`/k8s/clusters/${cluster}/api`, { token: hub.adminToken })).status === 200);
  const statusOf = async (cluster: string): Promise<Record<string, unknown>> =>
    (await hub.call(`/apis/drover.dev/v1/clusters/${cluster}`, { token: hub.adminToken })).json['status'] as Record<
      string,
      unknown
    >;

  const dial = (localAddress = '127.0.0.1'): WebSocket =>
    new WebSocket(`${hub.url.replace('https', 'wss')}/v1/connect`, tunnelSubprotocol, { ca: hub.ca, localAddress });

  /** Connects as an agent that is not ours: the session, once it is ready or closed. */
  const connect = async (
    claim: Claim,
  ): Promise<{ session: TunnelSession; reason: () => Reset | undefined; end(): void }> => {
    const socket = dial(claim.localAddress);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const { promise: settled, resolve } = Promise.withResolvers<void>();
    let reason: Reset | undefined;
    const session: TunnelSession = new TunnelSession({
      transport: new WebSocketTransport(socket),
      role: 'initiator',
      events: {
        onControl: raw => {
          const message = readHandshake(raw);
          if (message?.type === 'welcome') session.admit();
          if (message?.type !== 'hello') return;
          const { clusterUid, key, joinToken } = claim;
          const subject = { privateKey: key.privateKey, nonce: message.nonce, clusterUid, hubId: message.hub };
          const proof = claim.prove?.(message) ?? proofOfPossession(subject);
          const more = joinToken === undefined ? {} : { joinToken };
          const versions = { version: 1, features: [], agentVersion: '0', kubernetesVersion: '0' };
          session.control({ type: 'join', clusterUid, publicKey: key.publicKey, proof, ...more, ...versions });
        },
        onOpen: () => nothing,
        onIdentity: () => {},
        onState: state => {
          if (state.name === 'closed') ({ reason } = state);
          resolve();
        },
      },
    });
    await settled;
    return { session, reason: () => reason, end: () => session.close('shutdown') };
  };
  const refused = async (claim: Claim, code = 'not-admitted'): Promise<void> => {
    const { session, reason } = await connect(claim);
    assert.equal(session.state.name, 'closed');
    assert.equal(reason()?.code, code, reason()?.message);
  };

  test('T7 a registered key with its proof is admitted, so that a refusal says something', async () => {
    const { session, end } = await connect({ clusterUid: alpha.cluster.uid, key: alphaKey });
    assert.equal(session.state.name, 'ready');
    end();
  });

  test('T7 the agent of alpha cannot be beta, by its key or by its join token', async () => {
    const { uid } = beta.cluster;
    await refused({ clusterUid: uid, key: alphaKey });
    await refused({ clusterUid: uid, key: alphaKey, joinToken: alpha.joinToken });
    await refused({ clusterUid: uid, key: newKey(), joinToken: alpha.joinToken });
    await refused({ clusterUid: 'no such cluster', key: alphaKey, joinToken: alpha.joinToken });
    assert.deepEqual((await statusOf('beta'))['agentKeys'], [betaKey.publicKey]);
    assert.equal((await statusOf('beta'))['pendingAgentKeys'], undefined);
  });

  test('T7 beta’s public key is good for nothing without its private one', async () => {
    const thief = newKey();
    const claim = { clusterUid: beta.cluster.uid, key: { ...thief, publicKey: betaKey.publicKey } };
    await refused(claim);
    await refused({ ...claim, joinToken: beta.joinToken });
    await refused({ ...claim, prove: () => 'x' });
    // A proof of another connection, another cluster or another hub.
    const { uid } = beta.cluster;
    const own = { clusterUid: uid, key: betaKey };
    const prove = (change: object) => (hello: Hello) =>
      proofOfPossession({
        privateKey: betaKey.privateKey,
        nonce: hello.nonce,
        clusterUid: uid,
        hubId: hello.hub,
        ...change,
      });
    await refused({ ...own, prove: prove({ nonce: 'an earlier nonce' }) });
    await refused({ ...own, prove: prove({ clusterUid: alpha.cluster.uid }) });
    await refused({ ...own, prove: prove({ hubId: 'another hub' }) });
  });

  test('T7 an agent opens no streams, names no identities, and reaches no other cluster', async () => {
    const before = stub.seen.length;
    const { session, reason, end } = await connect({ clusterUid: alpha.cluster.uid, key: alphaKey });
    const reset = new Promise<Reset>(onReset => {
      const target = { cluster: beta.cluster.uid, flags: 0, assertion: undefined };
      const head = encodeRequestHead({ method: 'GET', target: '/api/v1/secrets', headers: [] });
      session.open(target, head, true, { ...nothing, onReset });
    });
    assert.equal((await reset).code, 'protocol');
    const named = { cluster: beta.cluster.uid, flags: 0, assertion: 'eyJhbGciOiJub25lIn0.e30.' };
    session.open(named, 'x', true, nothing);
    await eventually(() => session.state.name === 'closed');
    assert.equal(reason()?.code, 'protocol');
    assert.equal(stub.seen.length, before);
    end();
  });

  test('T7 a second key with the same join token waits until an administrator approves it', async () => {
    const second = newKey();
    const claim = { clusterUid: alpha.cluster.uid, key: second, joinToken: alpha.joinToken };
    await refused(claim, 'pending-approval');
    const last = alpha.joinToken.endsWith('x') ? 'y' : 'x';
    await refused({ ...claim, joinToken: `${alpha.joinToken.slice(0, -1)}${last}` });
    const alice = await hub.createUser('alice');
    const approve = (token: string) =>
      hub.call('/v1/clusters/alpha/approve-agent', { method: 'POST', token, body: {} });
    assert.equal((await approve(alice)).status, 403);
    await refused(claim, 'pending-approval');
    assert.ok((await approve(hub.adminToken)).status < 300);
    // The gateway knows the approved key a moment later.
    const { end } = await eventually(async () => {
      const connected = await connect(claim);
      return connected.session.state.name === 'ready' ? connected : undefined;
    });
    end();
  });

  test('T7 a cluster that is removed loses its tunnels, and its key is worth nothing from then on', async () => {
    const gamma = await hub.joinFile('gamma');
    const key = newKey();
    const { session, reason } = await connect({ clusterUid: gamma.cluster.uid, key, joinToken: gamma.joinToken });
    assert.equal(session.state.name, 'ready');
    await hub.call('/apis/drover.dev/v1/clusters/gamma', { method: 'DELETE', token: hub.adminToken });
    await eventually(() => session.state.name === 'closed', { timeoutMs: 1_000, everyMs: 10 });
    assert.equal(reason()?.code, 'revoked');
    await refused({ clusterUid: gamma.cluster.uid, key, joinToken: gamma.joinToken });
    // Another cluster of the same name is another cluster.
    await hub.joinFile('gamma');
    await refused({ clusterUid: gamma.cluster.uid, key, joinToken: gamma.joinToken });
  });

  test('T8 a revoked join token admits nobody, and gives no manifest', async () => {
    const file = await hub.joinFile('delta');
    const [, id = ''] = file.joinToken.split('_');
    const manifest = `/v1/import/${file.joinToken}.yaml`;
    assert.equal((await hub.call(manifest)).status, 200);
    assert.equal(
      (await hub.call(`/apis/drover.dev/v1/jointokens/${id}`, { method: 'DELETE', token: hub.adminToken })).status,
      200,
    );
    await eventually(async () => (await hub.call(manifest)).status === 401);
    await refused({ clusterUid: file.cluster.uid, key: newKey(), joinToken: file.joinToken });
  });

  test('T13 join tokens cannot be tried at speed, and agents with a registered key go on meanwhile', async () => {
    const guess = async (localAddress: string): Promise<string> => {
      const claim = { clusterUid: alpha.cluster.uid, key: newKey(), joinToken: mintToken('drj').token, localAddress };
      const { reason } = await connect(claim);
      return reason()?.message ?? '';
    };
    const answers: string[] = [];
    for (let round = 0; round < 7; round++)
      answers.push(...(await Promise.all(Array.from({ length: 10 }, () => guess('127.0.0.2')))));
    assert.equal(answers.filter(message => message.includes('unknown, expired or revoked')).length, 60);
    assert.equal(answers.filter(message => message.includes('too many join tokens')).length, 10);
    assert.match(await guess('127.0.0.3'), /unknown, expired or revoked/);
    const registered = await connect({ clusterUid: alpha.cluster.uid, key: alphaKey, localAddress: '127.0.0.2' });
    assert.equal(registered.session.state.name, 'ready');
    registered.end();
  });

  test('strangers of one address that say nothing keep no agent of another out', async () => {
    const strangers: WebSocket[] = [];
    const stranger = (): Promise<number> =>
      new Promise(resolve => {
        const socket = dial('127.0.0.2');
        strangers.push(socket);
        socket.once('open', () => resolve(101));
        socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
        socket.once('error', () => resolve(0));
      });
    const statuses = new Set<number>();
    for (let round = 0; round < 11; round++)
      for (const status of await Promise.all(Array.from({ length: 25 }, stranger))) statuses.add(status);
    assert.deepEqual(statuses, new Set([101, 429]));
    const agent = await connect({ clusterUid: alpha.cluster.uid, key: alphaKey, localAddress: '127.0.0.3' });
    assert.equal(agent.session.state.name, 'ready');
    agent.end();
    for (const socket of strangers) socket.terminate();
  });

  test('T9 an agent tells nothing to a server whose certificate is not of the hub’s CA', async () => {
    const folder = join(hub.dataDir, 'other');
    const certificate = await otherCertificate(folder);
    await using mitm = await startEvilGateway({ certificate, hubId: alpha.hub.id });
    const lines: string[] = [];
    const logger = createLogger({
      name: 'agent',
      level: 'warn',
      destination: { write: line => void lines.push(line) },
    });
    await using agent = startAgent({ ...alpha, hub: { ...alpha.hub, tunnelUrls: [mitm.url] } }, stub.endpoint, {
      logger,
    });
    await eventually(() => lines.some(line => line.includes('hub-untrusted')));
    assert.equal(mitm.connections, 0);
    assert.deepEqual(mitm.heard, []);
    assert.equal(agent.connected(), 0);
  });

  test('T9 an agent leaves a hub that is not the one of its join file, and shows it no join token', async () => {
    // The hub's own certificate, taken over together with its domain.
    await using taken = await startEvilGateway({ certificate: hub.certificate, hubId: 'another hub' });
    await using agent = startAgent({ ...alpha, hub: { ...alpha.hub, tunnelUrls: [taken.url] } }, stub.endpoint);
    await eventually(() => taken.connections >= 2);
    assert.deepEqual(taken.heard, []);
    assert.equal(agent.connected(), 0);
  });
});

const nothing = { onHead() {}, onData() {}, onEnd() {}, onReset() {} };

/** A certificate for 127.0.0.1 of a CA that nobody has pinned, and that the server does not show either. */
async function otherCertificate(folder: string): Promise<{ cert: string; key: string }> {
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const openssl = async (...args: string[]): Promise<void> => {
    const { code, stderr } = await run('openssl', args);
    assert.equal(code, 0, stderr);
  };
  const ca = ['-keyout', `${folder}-ca.key`, '-out', `${folder}-ca.crt`];
  await openssl('req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=another CA', ...ca);
  await openssl('req', ...newKey, '-subj', '/CN=other', '-keyout', `${folder}.key`, '-out', `${folder}.csr`);
  await writeFile(`${folder}.ext`, 'subjectAltName=IP:127.0.0.1\n');
  const by = ['-CA', `${folder}-ca.crt`, '-CAkey', `${folder}-ca.key`, '-CAcreateserial', '-days', '2'];
  await openssl('x509', '-req', '-in', `${folder}.csr`, ...by, '-extfile', `${folder}.ext`, '-out', `${folder}.crt`);
  return { cert: await readFile(`${folder}.crt`, 'utf8'), key: await readFile(`${folder}.key`, 'utf8') };
}
