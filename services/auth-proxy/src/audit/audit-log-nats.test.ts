import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Bus, connectBus, ensureHubStreams } from '@drover/bus';
import { type AuditRecord, streams, subjects } from '@drover/contracts';
import { type Background, freePorts, start } from '@drover/testing';
import { type AuditEntry, AuditLog } from './index.ts';

const folder = await mkdtemp(join(tmpdir(), 'drover-audit-'));
after(() => rm(folder, { recursive: true }));

const entry = (user: string): AuditEntry => ({
  stage: 'complete',
  requestId: 'r',
  at: '2026-01-01T00:00:00.000Z',
  durationMs: 1,
  user,
  groups: [],
  token: 'abcdefgh23',
  cluster: 'alpha',
  method: 'GET',
  path: '/api',
  status: 200,
  sourceAddress: '127.0.0.1',
  bytesIn: 0,
  bytesOut: 1,
});

/** A real nats-server with JetStream; started again, it finds its data. */
async function startNats(port: number): Promise<Background> {
  const file = join(folder, 'nats.conf');
  const store = JSON.stringify(join(folder, 'jetstream'));
  await writeFile(file, `host: 127.0.0.1\nport: ${port}\nmax_payload: 4MB\njetstream { store_dir: ${store} }\n`);
  return start('nats-server', ['-c', file], { env: { PATH: `${process.env.PATH}:/usr/sbin` } });
}

/** Everything that the stream holds. */
async function stored(bus: Bus): Promise<{ subject: string; seq: number }[]> {
  const { state } = await bus.manager.streams.info(streams.audit.name);
  const records: { subject: string; seq: number }[] = [];
  for (let seq = 1; seq <= state.last_seq; seq++) {
    const message = await bus.manager.streams.getMessage(streams.audit.name, { seq });
    assert.ok(message);
    for (const line of Buffer.from(message.data).toString().trimEnd().split('\n')) {
      records.push({ subject: message.subject, seq: (JSON.parse(line) as AuditRecord).seq });
    }
  }
  return records;
}

test('T26: a real JetStream that goes away and comes back has every record once', { timeout: 60_000 }, async () => {
  const port = await freePorts(1);
  await using before = await startNats(port);
  await using bus = await connectBus({ url: `nats://127.0.0.1:${port}`, name: 'auth-proxy' });
  await ensureHubStreams(bus);
  let published = 0;
  const live = Promise.withResolvers<void>();
  const log = await AuditLog.open({
    publish: async (subject, body, { msgId }) => {
      await bus.append(subject, body, { msgId });
      // The first acknowledgement is lost on its way: the same message goes out again, under the same id.
      if (++published === 1) throw new Error('lost');
    },
    spoolFile: join(folder, 'audit.spool'),
    processId: 'p1',
    logger: { info: () => live.resolve(), warn: () => {} },
    limits: { batchAgeMs: 1, publishTimeoutMs: 200, retryFirstMs: 20, retryMaxMs: 100 },
  });

  await log.recordAcknowledged(entry('alice'));
  await before.stop();
  for (let i = 0; i < 50; i++) log.record(entry(i % 2 === 0 ? 'alice' : 'bob'));
  await log.recordAcknowledged(entry('bob'));
  assert.equal(log.status().state, 'spooling');
  await using _again = await startNats(port);
  await live.promise;
  await log.recordAcknowledged(entry('alice'));
  await log.close();

  const records = await stored(bus);
  assert.deepEqual(
    records.map(({ seq }) => seq).sort((a, b) => a - b),
    Array.from({ length: 53 }, (_, index) => index + 1),
  );
  assert.deepEqual(
    new Set(records.map(({ subject }) => subject)),
    new Set([subjects.audit('alpha', 'alice'), subjects.audit('alpha', 'bob')]),
  );
});
