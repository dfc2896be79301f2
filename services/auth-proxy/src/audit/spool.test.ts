import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { AuditMessage } from './audit-message.ts';
import { Spool } from './spool.ts';

const folder = await mkdtemp(join(tmpdir(), 'drover-spool-'));
after(() => rm(folder, { recursive: true }));

let files = 0;
const newFile = (): string => join(folder, 'audit', `${files++}.spool`);
const maxBytes = 10_000;

const message = (n: number, bytes = 100): AuditMessage => ({
  subject: 'drover.v1.audit.alpha.YQ',
  msgId: `p.${n}`,
  records: n,
  body: Buffer.alloc(bytes, `${n}\n`),
});
const ids = (messages: readonly AuditMessage[]): string[] => messages.map(({ msgId }) => msgId);

test('messages come back in order, also after another opening, and what was consumed does not', async () => {
  const file = newFile();
  let spool = await Spool.open(file, maxBytes);
  assert.equal(await spool.append([message(1), message(2), message(3)]), 3);
  const [first] = await spool.peek(1);
  assert.ok(first);
  assert.deepEqual(first.body, message(1).body);
  assert.equal(first.records, 1);
  await spool.consume(first);
  await spool.close();

  spool = await Spool.open(file, maxBytes);
  await spool.append([message(4)]);
  const rest = await spool.peek(10);
  assert.deepEqual(ids(rest), ['p.2', 'p.3', 'p.4']);
  const last = rest.at(-1);
  assert.ok(last);
  await spool.consume(last);
  assert.ok(spool.isEmpty);
  assert.ok((await stat(file)).size < 100, 'an empty spool gives its space back');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  await spool.close();
});

test('a torn last write is cut off, and appending goes on behind the last whole message', async () => {
  for (const tear of [
    (file: string) => appendFile(file, 'drover.v1.audit.alpha.YQ p.3 1 100 12345\nhalf'),
    (file: string) => appendFile(file, Buffer.alloc(500)),
    async (file: string) => truncate(file, (await stat(file)).size - 1),
  ]) {
    const file = newFile();
    let spool = await Spool.open(file, maxBytes);
    await spool.append([message(1), message(2)]);
    await spool.close();
    await tear(file);
    spool = await Spool.open(file, maxBytes);
    await spool.append([message(9)]);
    const found = ids(await spool.peek(10));
    assert.equal(found[0], 'p.1');
    assert.equal(found.at(-1), 'p.9');
    await spool.close();
  }
});

test('the file never grows beyond its limit; the longest prefix that fits is kept', async () => {
  const file = newFile();
  const spool = await Spool.open(file, 600);
  assert.equal(await spool.append([message(1, 200), message(2, 200), message(3, 200)]), 2);
  assert.equal(await spool.append([message(4, 200)]), 0);
  assert.ok((await stat(file)).size <= 600);
  assert.deepEqual(ids(await spool.peek(10)), ['p.1', 'p.2']);
  await spool.close();
});

test('each process of a folder claims a file of its own; the lock of a dead process is taken over', async () => {
  const file = newFile();
  const first = await Spool.open(file, maxBytes);
  const second = await Spool.open(file, maxBytes);
  await first.append([message(1)]);
  await second.append([message(2)]);
  await first.close();
  await second.close();
  // No process has started at tick 1 with this pid.
  await writeFile(`${file}.lock`, `${process.pid} 1`);
  const firstAgain = await Spool.open(file, maxBytes);
  const secondAgain = await Spool.open(file, maxBytes);
  assert.deepEqual(ids(await firstAgain.peek(10)), ['p.1']);
  assert.deepEqual(ids(await secondAgain.peek(10)), ['p.2']);
  await firstAgain.close();
  await secondAgain.close();
  await assert.rejects(stat(`${file}.lock`));
});
