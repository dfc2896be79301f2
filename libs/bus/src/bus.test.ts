import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { streams, subjects } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { type Bus, connectBus, ensureHubStreams } from './index.ts';
import { NatsForTests } from './nats-for-tests.ts';

let nats: NatsForTests;
let bus: Bus;
before(async () => {
  nats = await NatsForTests.start();
  bus = await connectBus({ url: nats.url, name: 'test' });
  await ensureHubStreams(bus);
});
after(async () => {
  await bus.close();
  await nats[Symbol.asyncDispose]();
});

const code = (expected: string) => (error: unknown) => error instanceof DroverError && error.code === expected;

test('the set-up is repeatable, and refuses to purge the audit', async () => {
  await ensureHubStreams(bus);
  await assert.rejects(bus.manager.streams.purge(streams.audit.name));
});

test('an appended message is numbered, and stored once by its id', async () => {
  const subject = subjects.audit('alpha', 'alice');
  const first = await bus.append(subject, { n: 1 }, { msgId: 'p.1' });
  const again = await bus.append(subject, { n: 1 }, { msgId: 'p.1' });
  assert.equal(again.seq, first.seq);
  assert.equal(again.duplicate, true);
  assert.equal((await bus.append(subject, Buffer.from('bytes'))).seq, first.seq + 1);
});

test('a message beyond max_payload is too-large', async () => {
  await assert.rejects(
    bus.append(subjects.audit('alpha', 'alice'), Buffer.alloc(bus.maxPayloadBytes + 1)),
    code('too-large'),
  );
});

test('events reach a subscriber, until it closes; what is not JSON is left out', async () => {
  const seen: unknown[] = [];
  const got = Promise.withResolvers<void>();
  const subscription = bus.subscribe('drover.v1.evt.cluster.*.tunnel.*', (body, subject) => {
    seen.push([subject, body]);
    if (seen.length === 2) got.resolve();
  });
  const subject = subjects.clusterEvent('alpha', 'tunnel', 'opened');
  assert.equal(bus.publish(subject, { n: 1 }), true);
  bus.publish(subject, Buffer.from('{'));
  bus.publish(subject, { n: 2 });
  await got.promise;
  subscription.unsubscribe();
  assert.deepEqual(seen, [
    [subject, { n: 1 }],
    [subject, { n: 2 }],
  ]);
});

test('a request gets the answer, or the error that the other side raised', async () => {
  await bus.serve('echo', 'say', async body => ({ said: body }));
  await bus.serve('echo', 'fail', async () => {
    throw new DroverError('join-token-invalid', 'not “this” one');
  });
  await bus.serve('echo', 'crash', async () => {
    throw new Error('secret');
  });
  const ask = (method: string) => bus.request(subjects.rpc('echo', method), { a: 1 }, { timeoutMs: 2_000 });
  assert.deepEqual(await ask('say'), { said: { a: 1 } });
  await assert.rejects(ask('fail'), code('join-token-invalid'));
  await assert.rejects(ask('crash'), (error: unknown) => code('internal')(error) && !String(error).includes('secret'));
  await assert.rejects(ask('nobody'), code('unreachable'));
});

test('a request ends with its signal', async () => {
  await bus.serve('slow', 'never', () => new Promise(() => {}));
  const abort = new AbortController();
  const asked = bus.request(subjects.rpc('slow', 'never'), {}, { timeoutMs: 60_000, signal: abort.signal });
  abort.abort(new DroverError('gone'));
  await assert.rejects(asked, code('gone'));
});

test('connecting waits for a server that comes later, and ends with its signal', async () => {
  await using late = await NatsForTests.start();
  await late.stop();
  await assert.rejects(connectBus({ url: late.url, name: 'test', signal: AbortSignal.timeout(50) }));
  const connecting = connectBus({ url: late.url, name: 'test' });
  await late.start();
  await using connected = await connecting;
  assert.equal(connected.status, 'connected');
});

test('while the server is away writes fail at once, and all heals when it is back', async () => {
  await using server = await NatsForTests.start();
  await using client = await connectBus({ url: server.url, name: 'test' });
  await ensureHubStreams(client);
  const became = (status: string) =>
    new Promise<void>(resolve => {
      const off = client.onStatus(now => {
        if (now !== status) return;
        off();
        resolve();
      });
    });
  const away = became('disconnected');
  await server.stop('SIGKILL');
  await away;
  await assert.rejects(client.append(subjects.audit('a', 'b'), {}), code('store-unavailable'));
  await assert.rejects(client.objects().create('clusters._.a', Buffer.from('{}')), code('store-unavailable'));
  assert.equal(client.publish('x', {}), false);
  const back = became('connected');
  await server.start();
  await back;
  await client.append(subjects.audit('a', 'b'), {});
});
