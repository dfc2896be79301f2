import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { ManualClock } from '@drover/async';
import { type AuditRecord, subjects } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { type AuditEntry, type AuditLimits, AuditLog } from './index.ts';

const folder = await mkdtemp(join(tmpdir(), 'drover-audit-'));
after(() => rm(folder, { recursive: true }));

let files = 0;
const newFile = (): string => join(folder, `${files++}.spool`);

const entry = (user = 'alice', more: Partial<AuditEntry> = {}): AuditEntry => ({
  stage: 'complete',
  requestId: 'r',
  at: '2026-01-01T00:00:00.000Z',
  durationMs: 1,
  user,
  groups: ['admins'],
  token: 'abcdefgh23',
  cluster: 'alpha',
  method: 'GET',
  verb: 'list',
  path: '/api/v1/pods?token=abc',
  status: 200,
  sourceAddress: '127.0.0.1',
  bytesIn: 0,
  bytesOut: 2048,
  ...more,
});

/** JetStream as the log sees it: acknowledges, refuses or says nothing, and drops second copies. */
class Stream {
  mode: 'acknowledges' | 'refuses' | 'says-nothing' | 'loses-acknowledgements' = 'acknowledges';
  readonly messages: { subject: string; msgId: string; records: AuditRecord[] }[] = [];
  attempts = 0;

  publish = async (subject: string, body: Uint8Array, { msgId }: { msgId: string }): Promise<void> => {
    this.attempts++;
    if (this.mode === 'refuses') throw new Error('no responders');
    if (this.mode === 'says-nothing') return new Promise(() => {});
    if (!this.messages.some(message => message.msgId === msgId)) {
      const lines = Buffer.from(body).toString().trimEnd().split('\n');
      this.messages.push({ subject, msgId, records: lines.map(line => JSON.parse(line) as AuditRecord) });
    }
    if (this.mode === 'loses-acknowledgements') throw new Error('timeout');
  };

  get records(): AuditRecord[] {
    return this.messages.flatMap(({ records }) => records);
  }

  get numbers(): number[] {
    return this.records.map(({ seq }) => seq).sort((a, b) => a - b);
  }
}

async function open(context: TestContext, limits: Partial<AuditLimits> = {}, spoolFile = newFile(), processId = 'p1') {
  const stream = new Stream();
  const clock = new ManualClock();
  const logged: string[] = [];
  const logger = { info: () => {}, warn: (_: unknown, message: string) => void logged.push(message) };
  const random = (): number => 0.5;
  const log = await AuditLog.open({ publish: stream.publish, spoolFile, processId, logger, clock, random, limits });
  context.after(() => log.close());
  return { stream, clock, log, logged, spoolFile };
}

/** Lets promises and file I/O go on until `done`. */
async function until(done: () => boolean): Promise<void> {
  for (let turn = 0; !done(); turn++) {
    assert.ok(turn < 100_000, 'waited in vain');
    await new Promise(resolve => setImmediate(resolve));
  }
}

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

test('records of a subject go out together when the first is 100 ms old, numbered and masked', async t => {
  const { stream, clock, log } = await open(t);
  log.record(entry('alice'));
  clock.advance(50);
  log.record(entry('bob'));
  log.record(entry('alice', { groups: ['a', 'b'], originalUser: 'root', error: 'forbidden' }));
  clock.advance(49);
  await until(() => true);
  assert.equal(stream.attempts, 0);
  clock.advance(1);
  await until(() => stream.messages.length === 2);
  assert.deepEqual(
    stream.messages.map(({ subject, records }) => [subject, records.map(({ seq }) => seq)]),
    [
      [subjects.audit('alpha', 'alice'), [1, 3]],
      [subjects.audit('alpha', 'bob'), [2]],
    ],
  );
  assert.deepEqual(stream.records[1], {
    ...entry('alice', { groups: ['a', 'b'], originalUser: 'root', error: 'forbidden', path: '/api/v1/pods?token=***' }),
    process: 'p1',
    seq: 3,
  });
  assert.equal(clock.pending, 0);
});

test('a full batch does not wait, and nothing but the record’s own fields is kept', async t => {
  const { stream, log } = await open(t, { batchChars: 500 });
  const withHeaders = { ...entry(), headers: { authorization: 'Bearer drv_x' } };
  for (let i = 0; i < 4; i++) log.record(withHeaders);
  await until(() => stream.messages.length >= 1);
  assert.doesNotMatch(JSON.stringify(stream.records), /headers|Bearer/);
});

test('a cluster’s name that is none cannot widen a subject; long paths and groups cannot make a message too large', async t => {
  const { stream, clock, log } = await open(t, { pathChars: 100, recordChars: 1000 });
  log.record(entry('alice', { cluster: 'a.>', path: `/${'x'.repeat(5000)}` }));
  log.record(entry('alice', { groups: Array.from({ length: 500 }, (_, i) => `group-${i}`) }));
  clock.advance(100);
  await until(() => stream.messages.length === 2);
  assert.equal(stream.messages[0]?.subject, subjects.audit('_hub', 'alice'));
  assert.equal(stream.records[0]?.cluster, 'a.>');
  assert.equal(stream.records[0]?.path.length, 101);
  assert.deepEqual(stream.records[1]?.groups, []);
});

test('an acknowledged record does not wait for the batch, and comes after what the same caller did before', async t => {
  const { stream, log } = await open(t);
  log.record(entry());
  await log.recordAcknowledged(entry('alice', { stage: 'started' }));
  assert.deepEqual(
    stream.records.map(({ seq, stage }) => [seq, stage]),
    [
      [1, 'complete'],
      [2, 'started'],
    ],
  );
});

test('T26: while NATS is away records go to disk, and back to the stream in order, none twice and none lost', async t => {
  for (const mode of ['refuses', 'says-nothing', 'loses-acknowledgements'] as const) {
    const { stream, clock, log, logged } = await open(t, { inFlight: 2 });
    stream.mode = mode;
    for (let i = 0; i < 5; i++) {
      log.record(entry(`user-${i}`));
      clock.advance(100);
    }
    clock.advance(2_000);
    await until(() => log.status().state === 'spooling' && log.status().pendingBytes === 0);
    await log.recordAcknowledged(entry('eve', { stage: 'started' }));
    assert.ok(log.status().spoolBytes > 0);
    assert.match(logged.join(), /go to the spool/);

    stream.mode = 'acknowledges';
    log.record(entry('late'));
    await until(() => {
      clock.advance(1_000);
      return log.status().state === 'live' && stream.numbers.length === 7;
    });
    assert.deepEqual(
      stream.records.map(({ seq }) => seq),
      range(1, 7),
      mode,
    );
    assert.equal(log.status().spoolBytes, 0);
    assert.equal(log.status().dropped, 0);
  }
});

test('what is left at the end of a process is published by the next one first', async t => {
  const before = await open(t);
  before.stream.mode = 'says-nothing';
  before.log.record(entry('alice'));
  before.log.record(entry('bob'));
  const closing = before.log.close();
  before.clock.advance(3_000);
  await closing;
  before.log.record(entry('too-late'));
  assert.equal(before.clock.pending, 1);

  const { stream, clock, log } = await open(t, {}, before.spoolFile, 'p2');
  log.record(entry('carol'));
  clock.advance(100);
  await until(() => stream.records.length === 3);
  assert.deepEqual(
    stream.records.map(({ process, seq, user }) => [process, seq, user]),
    [
      ['p1', 1, 'alice'],
      ['p1', 2, 'bob'],
      ['p2', 1, 'carol'],
    ],
  );
});

test('a full spool refuses upgraded sessions, and what was dropped is counted, logged and told by a gap record', async t => {
  const { stream, clock, log, logged } = await open(t, { spoolBytes: 1500 });
  stream.mode = 'refuses';
  const outcomes: string[] = [];
  for (let i = 0; i < 6; i++) {
    const kept = log.recordAcknowledged(entry('alice', { stage: 'started' }));
    outcomes.push(
      await kept.then(
        () => 'kept',
        (error: unknown) => DroverError.from(error).code,
      ),
    );
  }
  const kept = outcomes.filter(outcome => outcome === 'kept').length;
  assert.ok(kept > 0 && kept < 6, outcomes.join());
  assert.deepEqual(outcomes.slice(kept), Array(6 - kept).fill('audit-unavailable'));
  assert.equal(log.status().dropped, 6 - kept);
  assert.match(logged.join(), /dropped/);

  stream.mode = 'acknowledges';
  clock.advance(5_000);
  await until(() => stream.records.some(({ stage }) => stage === 'gap'));
  const gap = stream.records.at(-1);
  assert.equal(gap?.stage, 'gap');
  assert.equal(gap?.seq, 7);
  assert.equal(gap?.dropped, 6 - kept);
  assert.equal(stream.numbers.length + 6 - kept, 7);
  await log.recordAcknowledged(entry('alice', { stage: 'started' }));
});

test('memory is bounded: what does not fit while JetStream says nothing is counted', async t => {
  const { stream, clock, log } = await open(t, { pendingBytes: 1_000, batchChars: 100 });
  stream.mode = 'says-nothing';
  for (let i = 0; i < 100; i++) log.record(entry());
  const { pendingBytes, dropped } = log.status();
  assert.ok(pendingBytes <= 1_000 && dropped > 90, `${pendingBytes} ${dropped}`);
  clock.advance(2_000);
  stream.mode = 'acknowledges';
  await until(() => {
    clock.advance(1_000);
    return log.status().state === 'live' && log.status().dropped === 0;
  });
  await until(() => stream.records.some(({ stage }) => stage === 'gap'));
  assert.deepEqual(stream.records.at(-1)?.dropped, 101 - stream.records.length);
});

test('who no longer waits is let go at once, and its record is kept all the same', async t => {
  const { stream, clock, log } = await open(t);
  stream.mode = 'says-nothing';
  const abort = new AbortController();
  const waiting = log.recordAcknowledged(entry(), abort.signal);
  abort.abort(new Error('gone'));
  await assert.rejects(waiting, /gone/);
  await assert.rejects(log.recordAcknowledged(entry(), abort.signal), /gone/);
  clock.advance(2_000);
  await until(() => log.status().spoolBytes > 0);
});
