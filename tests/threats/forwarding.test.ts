import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { readTunnelEvent, streams, subjects } from '@drover/contracts';
import { AssertionSigner, loadSigningKey } from '@drover/identity';
import { connectSessions, TunnelDirectory } from '@drover/sessions';
import { eventually } from '@drover/testing';
import { encodeRequestHead, type TunnelSession } from '@drover/tunnel';
import { startAgent, type TestAgent } from './agent.ts';
import { askThrough } from './evil-gateway.ts';
import { type HopGateway, hopSession, startHopGateway } from './gateway.ts';
import { startTestHub, type TestHub } from './hub.ts';
import { type StubCluster, startStubCluster } from './stub-cluster.ts';

const bodyBytes = 1024 * 1024;
const chunkBytes = 16 * 1024;

describe('an agent that is on one gateway only, and a caller who is on another', () => {
  const running = new AsyncDisposableStack();
  let hub: TestHub;
  let stub: StubCluster;
  let second: HopGateway;
  let agent: TestAgent;
  /** A session to the gateway that has no agent. */
  let session: TunnelSession;
  let assertion: string;

  before(async () => {
    hub = running.use(await startTestHub());
    stub = running.use(await startStubCluster({ ...hub.certificate, ca: hub.ca }));
    const first = running.use(await startHopGateway(hub, 'hop-1'));
    second = running.use(await startHopGateway(hub, 'hop-2'));
    const file = await hub.joinFile('alpha');
    agent = running.use(startAgent({ ...file, hub: { ...file.hub, tunnelUrls: [second.url] } }, stub.endpoint));
    ({ session } = running.use(await hopSession(hub, first)));
    const signer = await AssertionSigner.create(await loadSigningKey(join(hub.dataDir, 'keys/identity.json')));
    assertion = await signer.sign({
      audience: agent.clusterUid,
      user: 'drover:alice',
      groups: [],
      extra: {},
      nowMs: Date.now(),
      lifetimeMs: 60_000,
    });
    await eventually(async () => (await ask()).status === 200, { timeoutMs: 20_000 });
  });
  beforeEach(() => stub.seen.splice(0));
  after(() => running.disposeAsync());

  const ask = (more: Partial<Parameters<typeof askThrough>[1]> = {}) =>
    askThrough(session, { cluster: agent.clusterUid, assertion, ...more });

  test('the request is forwarded once, and arrives as the user', async () => {
    assert.deepEqual(await ask({ head: { target: '/forwarded' } }), { status: 200, text: '{}' });
    const [seen] = stub.seen;
    assert.equal(seen?.target, '/forwarded');
    assert.deepEqual(seen.headers['impersonate-user'], ['drover:alice']);
  });

  test('each tunnel is told on NATS when it opens and when it closes, and both are kept', async () => {
    const bus = await hub.bus('fleet-api');
    const setup = await hub.bus('setup');
    const live: string[] = [];
    const events = bus.subscribe(subjects.allTunnelEvents, (body, subject) => {
      const event = readTunnelEvent(subject, body);
      if (event?.body.cluster === 'gamma') live.push(`${event.happened} ${event.body.gateway} ${event.body.session}`);
    });
    const file = await hub.joinFile('gamma');
    const brief = startAgent({ ...file, hub: { ...file.hub, tunnelUrls: [second.url] } }, stub.endpoint);
    await eventually(() => live.length === 1);
    await brief[Symbol.asyncDispose]();
    await eventually(() => live.length === 2);
    events.unsubscribe();
    const [, , id = ''] = live[0]?.split(' ') ?? [];
    assert.deepEqual(live, [`opened hop-2 ${id}`, `closed hop-2 ${id}`]);
    for (const happened of ['opened', 'closed'] as const) {
      const subject = subjects.clusterEvent('gamma', 'tunnel', happened);
      const kept = await setup.manager.streams.getMessage(streams.events.name, { last_by_subj: subject });
      const event = readTunnelEvent(subject, kept?.json());
      assert.equal(event?.body.session, id);
      assert.equal(event.body.clusterUid, file.cluster.uid);
      assert.equal(event.body.kubernetesVersion, 'v1.20.2');
      assert.equal(event.body.reason !== undefined, happened === 'closed');
    }
  });

  test('what was forwarded already is not forwarded again', async () => {
    await assert.rejects(ask({ forwarded: true }), /^Error: no-session/);
    assert.deepEqual(stub.seen, []);
  });

  test('a gateway that the directory names and that has no agent says so at once', async () => {
    await using sessions = connectSessions({ url: hub.redisUrl, name: 'stale' });
    await using directory = new TunnelDirectory(sessions);
    const { uid } = (await hub.joinFile('beta')).cluster;
    await eventually(async () => {
      await directory.refresh();
      return directory.view.gatewaysOf(agent.clusterUid).length > 0;
    });
    // What a gateway that was killed leaves behind.
    await sessions.redis.hset(
      'drover:gateway:hop-2',
      'stale',
      JSON.stringify({
        session: 'stale',
        cluster: 'beta',
        clusterUid: uid,
        gateway: 'hop-2',
        agentVersion: '0',
        kubernetesVersion: '0',
        openedAt: new Date().toISOString(),
      }),
    );
    await eventually(async () => {
      await directory.refresh();
      return directory.view.gatewaysOf(uid).includes('hop-2');
    });
    await assert.rejects(ask({ cluster: uid }), /^Error: no-session/);
  });

  test('a megabyte arrives whole, each way', async () => {
    const body = Buffer.alloc(bodyBytes, 'abcdefghijklmnopqrstuvw');
    const digest = createHash('sha256');
    stub.serve((request, response) => {
      request.on('data', (chunk: Buffer) => digest.update(chunk));
      request.on('end', () => response.end(body));
    });
    const answer = await upload(body);
    assert.equal(digest.digest('hex'), createHash('sha256').update(body).digest('hex'));
    assert.equal(answer, body.toString());
  });

  test('T22 a caller who goes away ends the request at the cluster', async () => {
    let gone = false;
    stub.serve((request, response) => {
      response.on('close', () => {
        gone = true;
      });
      if (request.url === '/watch') response.writeHead(200).write('{}');
    });
    const heard = Promise.withResolvers<void>();
    const stream = session.open(
      { cluster: agent.clusterUid, flags: 0, assertion },
      encodeRequestHead({ method: 'GET', target: '/watch', headers: [] }),
      true,
      { onHead() {}, onData: () => heard.resolve(), onEnd() {}, onReset: ({ code }) => heard.reject(new Error(code)) },
    );
    await heard.promise;
    assert.equal(gone, false);
    stream?.reset('cancelled');
    await eventually(() => gone);
    await eventually(() => session.streams === 0);
  });

  /** Sends a body at the pace that the stream takes, and gives the answer's. */
  function upload(body: Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      let text = '';
      let at = 0;
      const pump = (): void => {
        while (at < body.length) {
          const chunk = body.subarray(at, at + chunkBytes);
          at += chunk.length;
          if (stream?.write(chunk) === false) return;
        }
        stream?.end();
      };
      const headers = ['content-length', String(body.length)];
      const stream = session.open(
        { cluster: agent.clusterUid, flags: 0, assertion },
        encodeRequestHead({ method: 'POST', target: '/upload', headers }),
        false,
        {
          onHead() {},
          onData: chunk => {
            text += chunk.toString();
            stream?.grant(chunk.length);
          },
          onEnd: () => resolve(text),
          onReset: reset => reject(new Error(`${reset.code}: ${reset.message}`)),
          onDrain: pump,
        },
      );
      pump();
    });
  }
});
