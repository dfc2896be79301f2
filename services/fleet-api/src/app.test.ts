import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '@drover/async';
import { type Bus, connectBus, ensureHubStreams } from '@drover/bus';
import { type Cluster, type EnrolReply, objects, subjects, type TunnelEventBody } from '@drover/contracts';
import {
  AssertionSigner,
  agentPublicKey,
  newAgentKey,
  newSecretKeys,
  newSigningKey,
  SecretRing,
  type SigningKeyFile,
} from '@drover/identity';
import { connectSessions, type Sessions, TunnelDirectory } from '@drover/sessions';
import { createLogger } from '@drover/telemetry';
import { type Background, eventually, freePorts, start } from '@drover/testing';
import { startFleetApi } from './app.ts';
import { admin, objectsPath, serverCertificate } from './fleet-for-tests.ts';

const env = { PATH: `${process.env['PATH']}:/usr/sbin` };

describe('fleet-api on real NATS and Redis', { timeout: 90_000 }, () => {
  let folder: string;
  let port: number;
  let nats: Background;
  let redis: Background;
  let bus: Bus;
  let sessions: Sessions;
  let signer: AssertionSigner;
  let sessionKeys: { signing: SigningKeyFile; verifying: { keys: Record<string, unknown>[] } };
  let identityKeys: { keys: Record<string, unknown>[] };
  const logger = createLogger({ name: 'fleet-api', level: 'silent' });

  const startNats = (): Background => start('nats-server', ['-c', join(folder, 'nats.conf')], { env });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drover-fleet-api-'));
    port = await freePorts(2);
    const store = JSON.stringify(join(folder, 'jetstream'));
    const conf = `host: 127.0.0.1\nport: ${port}\nmax_payload: 4MB\njetstream { store_dir: ${store} }\n`;
    await writeFile(join(folder, 'nats.conf'), conf);
    nats = startNats();
    redis = start('redis-server', ['--port', String(port + 1), '--bind', '127.0.0.1', '--save', '', '--dir', folder]);
    bus = await connectBus({ url: `nats://127.0.0.1:${port}`, name: 'fleet-api' });
    sessions = connectSessions({ url: `redis://127.0.0.1:${port + 1}` });
    await sessions.ready();
    await ensureHubStreams(bus);
    const key = await newSigningKey();
    signer = await AssertionSigner.create(key);
    const sessionKey = await newSigningKey();
    sessionKeys = { signing: sessionKey, verifying: { keys: [{ ...sessionKey.publicJwk }] } };
    identityKeys = { keys: [{ ...key.publicJwk }] };
  });
  after(async () => {
    await sessions.close();
    await bus.close();
    await nats.stop();
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** One replica behind a plain server. */
  async function replica(adminPassword?: string) {
    const own = await connectBus({ url: `nats://127.0.0.1:${port}`, name: 'fleet-api' });
    const api = await startFleetApi({
      secrets: SecretRing.read(newSecretKeys()),
      bus: own,
      sessions,
      logger,
      ...(adminPassword === undefined ? {} : { adminPassword }),
      sessionKeys,
      hub: {
        id: 'hub-1',
        url: 'https://hub.example',
        tunnelUrls: ['https://hub.example'],
        ca: serverCertificate,
        serverCertificate,
        identityKeys: () => identityKeys,
        agentImage: 'drover:test',
      },
    });
    const server = createServer(api.handler);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return {
      api,
      async request(as: string, method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
        const [user = '', ...groups] = as.split('/');
        const nowMs = systemClock.now();
        const assertion = await signer.sign({ audience: 'hub', user, groups, extra: {}, nowMs, lifetimeMs: 60_000 });
        return fetch(url + path, {
          method,
          headers: { 'drover-identity': assertion, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          ...(signal === undefined ? {} : { signal }),
        });
      },
      [Symbol.asyncDispose]: async (): Promise<void> => {
        await api.close();
        await own.close();
        server.close();
        server.closeAllConnections();
      },
    };
  }

  const cluster = (name: string): object => ({ apiVersion: 'drover.dev/v1', kind: 'Cluster', metadata: { name } });

  test('the bucket’s revision is the resourceVersion, and replicas see each other’s writes', async () => {
    await using one = await replica('first password');
    await using two = await replica('another password');
    const made = (await (
      await one.request(admin, 'POST', `${objectsPath}/clusters`, cluster('shared'))
    ).json()) as Cluster;
    const stored = await bus.objects().get(objects.key('clusters', undefined, 'shared'));
    assert.equal(made.metadata.resourceVersion, String(stored?.revision));
    const path = `${objectsPath}/clusters/shared`;
    const seen = await eventually(async () => {
      const response = await two.request(admin, 'GET', path);
      return response.ok && ((await response.json()) as Cluster);
    });
    assert.deepEqual(seen, made);
    const labelled = { ...made, metadata: { ...made.metadata, labels: { by: 'two' } } };
    assert.equal((await two.request(admin, 'PUT', path, labelled)).status, 200);
    assert.equal((await one.request(admin, 'PUT', path, { ...made, spec: { displayName: 'late' } })).status, 409);
    assert.equal((await one.request(admin, 'DELETE', path)).status, 200);
    const again = await one.request(admin, 'POST', `${objectsPath}/clusters`, cluster('shared'));
    assert.equal(again.status, 201, 'a name is free again after its deletion');
    const users = (await (await one.request(admin, 'GET', `${objectsPath}/users`)).json()) as { items: unknown[] };
    assert.equal(users.items.length, 1);
    const login = (password: string): Promise<Response> =>
      one.request('', 'POST', '/v1/login', { username: 'admin', password });
    assert.equal((await login('first password')).status, 201);
    assert.equal((await login('another password')).status, 401);
  });

  test('a watch goes on through a restart of NATS and misses nothing', async () => {
    await using one = await replica();
    const leave = new AbortController();
    const watch = await one.request(
      admin,
      'GET',
      `${objectsPath}/clusters?watch=true&labelSelector=test%3Drestart`,
      undefined,
      leave.signal,
    );
    assert.ok(watch.body);
    const reader = watch.body.pipeThrough(new TextDecoderStream()).getReader();
    const named = (name: string): object => ({ ...cluster(name), metadata: { name, labels: { test: 'restart' } } });
    const next = async (): Promise<string> => {
      const { value = '{}' } = await reader.read();
      const event = JSON.parse(value) as { type: string; object: Cluster };
      return `${event.type} ${event.object.metadata.name}`;
    };
    assert.equal((await one.request(admin, 'POST', `${objectsPath}/clusters`, named('before'))).status, 201);
    assert.equal(await next(), 'ADDED before');
    await nats.stop();
    await eventually(async () => (await one.request('', 'GET', '/readyz')).status === 500);
    const away = await one.request(admin, 'POST', `${objectsPath}/clusters`, named('lost'));
    assert.deepEqual([away.status, ((await away.json()) as { reason: string }).reason], [503, 'ServiceUnavailable']);
    assert.equal((await one.request(admin, 'GET', `${objectsPath}/clusters/before`)).status, 200, 'reads go on');
    nats = startNats();
    await eventually(
      async () => (await one.request(admin, 'POST', `${objectsPath}/clusters`, named('after'))).status === 201,
    );
    assert.equal(await next(), 'ADDED after');
    leave.abort();
  });

  test('gateways enrol agents by RPC, and the directory’s sessions show in the status within a moment', async () => {
    await using one = await replica();
    await using gatewayBus = await connectBus({ url: `nats://127.0.0.1:${port}`, name: 'tunnel-gateway' });
    const offered = await one.request(admin, 'POST', '/v1/clusters/joined/join', {});
    const { join: file } = (await offered.json()) as { join: { joinToken: string; cluster: { uid: string } } };
    const clusterUid = file.cluster.uid;
    const enrol = (joinToken: string): Promise<EnrolReply> => {
      const request = { clusterUid, publicKey: agentPublicKey(newAgentKey()), joinToken };
      return gatewayBus.request<EnrolReply>(subjects.rpc('fleet-api', 'enrol'), request, { timeoutMs: 5_000 });
    };
    assert.deepEqual(await enrol('drj_wrong'), { outcome: 'refused', code: 'join-token-invalid' });
    assert.deepEqual(await enrol(file.joinToken), { outcome: 'accepted', cluster: 'joined' });
    assert.deepEqual(await enrol(file.joinToken), { outcome: 'pending', cluster: 'joined' });

    await using gateway = new TunnelDirectory(sessions);
    await gateway.announceGateway({ id: 'gw-1', hopAddress: '127.0.0.1:1' });
    const session = {
      session: 's1',
      cluster: 'joined',
      clusterUid,
      gateway: 'gw-1',
      agentVersion: '0.1.0',
      kubernetesVersion: 'v1.35.0',
    };
    const tell = async (happened: 'opened' | 'closed'): Promise<void> => {
      const body: TunnelEventBody = { ...session, at: new Date().toISOString() };
      await gatewayBus.append(subjects.clusterEvent('joined', 'tunnel', happened), body);
    };
    const status = async (): Promise<Cluster['status']> =>
      ((await (await one.request(admin, 'GET', `${objectsPath}/clusters/joined`)).json()) as Cluster).status;
    await gateway.put({ ...session, openedAt: new Date().toISOString() });
    await tell('opened');
    await eventually(async () => (await status())?.connected, { timeoutMs: 3_000 });
    assert.equal((await status())?.kubernetesVersion, 'v1.35.0');
    await gateway.remove('s1');
    await tell('closed');
    await eventually(async () => (await status())?.connected === false, { timeoutMs: 3_000 });
    assert.equal((await status())?.agentKeys?.length, 1);
  });
});
