import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '@drover/testing';
import {
  CustomObjectsApi,
  KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  makeInformer,
} from '@kubernetes/client-node';
import { Agent, request } from 'undici';
import { type RestartableHub, startHub } from '../conformance/hub.ts';
import { cannotStartNats, type RestartableNats, startNats } from './nats.ts';

const writes = 10_000;
const names = 300;
/** Writers at the same time, each with a connection of its own. */
const writers = 8;
const caughtUpTimeoutMs = 60_000;
/** A write that is refused while the hub or NATS is away is tried again so often, this far apart. */
const retry = { timeoutMs: 120_000, everyMs: 100 };

const path = '/apis/drover.dev/v1/users';
const resource = { group: 'drover.dev', version: 'v1', plural: 'users' };

interface User extends KubernetesObject {
  readonly spec?: { readonly displayName?: string };
}

describe('informers of @kubernetes/client-node', { skip: cannotStartNats() }, () => {
  const running = new AsyncDisposableStack();
  let nats: RestartableNats;
  let hub: RestartableHub;
  let http: Agent;

  before(async () => {
    nats = running.use(await startNats());
    hub = running.use(await startHub({ DROVER_NATS_URL: nats.url }));
    http = new Agent({ connect: { ca: hub.ca } });
    running.defer(() => http.destroy());
  });
  after(() => running.disposeAsync());

  async function ask(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    where: string,
    body?: unknown,
  ): Promise<{ status: number; body: unknown }> {
    const answer = await request(hub.url + where, {
      method,
      dispatcher: http,
      headers: {
        authorization: `Bearer ${hub.adminToken}`,
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.statusCode, body: await answer.body.json() };
  }

  test('a watch from before a restart of the hub goes on from there, or is told at once to list again', async () => {
    const made = await ask('POST', path, { apiVersion: 'drover.dev/v1', kind: 'User', metadata: { name: 'watched' } });
    const { resourceVersion } = (made.body as { metadata: { resourceVersion: string } }).metadata;
    await hub.restart();
    await eventually(
      async () => (await ask('PATCH', `${path}/watched`, { spec: { displayName: 'later' } })).status === 200,
      retry,
    );
    const query = `watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dwatched&resourceVersion=${resourceVersion}`;
    const answer = await request(`${hub.url}${path}?${query}`, {
      dispatcher: http,
      headers: { authorization: `Bearer ${hub.adminToken}` },
    });
    const lines = (await answer.body.text()).trimEnd().split('\n');
    const events = lines.map(line => JSON.parse(line) as { type: string; object: User & { code?: number } });
    // What the hub wrote meanwhile, of sessions and of tokens' use, has moved its revision on, and it keeps no history.
    if (events[0]?.type === 'ERROR') return assert.deepEqual([events.length, events[0].object.code], [1, 410]);
    assert.deepEqual(
      events.map(({ type, object }) => [type, object.metadata?.name, object.spec?.displayName]),
      [['MODIFIED', 'watched', 'later']],
    );
  });

  test(`hold what the hub holds after ${writes} random writes, two restarts of the hub and one of NATS`, async () => {
    const config = new KubeConfig();
    config.loadFromFile(hub.kubeconfig);
    const api = config.makeApiClient(CustomObjectsApi);
    const informer = makeInformer<User>(
      config,
      path,
      async () => (await api.listClusterCustomObject(resource)) as KubernetesListObject<User>,
    );
    const events = { add: 0, update: 0, delete: 0 };
    for (const verb of ['add', 'update', 'delete'] as const) informer.on(verb, () => void events[verb]++);
    let stopped = false;
    let restarts = 0;
    // As its documentation says: after an error it stands still until it is started again.
    informer.on('error', () => {
      if (stopped) return;
      restarts++;
      setTimeout(() => void informer.start().catch(() => {}), 200).unref();
    });
    await informer.start();

    let done = 0;
    const faults = new Map([
      [writes / 4, () => hub.restart()],
      [writes / 2, () => nats.restart()],
      [(writes * 3) / 4, () => hub.restart('SIGKILL')],
    ]);
    const happened: Promise<void>[] = [];
    const write = async (): Promise<void> => {
      while (done < writes) {
        const count = ++done;
        const fault = faults.get(count);
        if (fault !== undefined) happened.push(fault());
        const name = `u${Math.floor(Math.random() * names)}`;
        const spec = { displayName: String(count) };
        const one = Math.random();
        await eventually(async () => {
          const { status } =
            one < 0.3
              ? await ask('POST', path, { apiVersion: 'drover.dev/v1', kind: 'User', metadata: { name }, spec })
              : one < 0.8
                ? await ask('PATCH', `${path}/${name}`, { spec })
                : await ask('DELETE', `${path}/${name}`);
          // Whoever was quicker: 404 and 409 are answers. Anything else is a hub that is not whole at this moment.
          return status < 300 || status === 404 || status === 409;
        }, retry);
      }
    };
    await Promise.all(Array.from({ length: writers }, write));
    await Promise.all(happened);
    assert.equal(happened.length, 3);

    await eventually(
      async () => {
        const { status, body } = await ask('GET', path);
        assert.equal(status, 200);
        assert.deepEqual(seen(informer.list()), seen((body as { items: User[] }).items));
        return true;
      },
      { timeoutMs: caughtUpTimeoutMs, everyMs: 500 },
    );
    assert.ok(restarts > 0, 'it met the restarts');
    assert.ok(events.add > 0 && events.update > 0 && events.delete > 0, JSON.stringify(events));
    stopped = true;
    await informer.stop();
  });
});

const seen = (users: readonly User[]): string[] =>
  users
    .map(({ metadata, spec }) => `${metadata?.name} ${metadata?.uid} ${metadata?.resourceVersion} ${spec?.displayName}`)
    .sort();
