import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ManualClock } from '@drover/async';
import { DroverError } from '@drover/errors';
import { eventually } from '@drover/testing';
import { backupName, newestOf, outdated, takenAtOf } from './backup-names.ts';
import { BackupSchedule } from './backup-schedule.ts';

const hourMs = 3600_000;
let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'drover-schedule-'));
});
after(() => rm(root, { recursive: true }));

/** A schedule of every hour that keeps three, with backups that are empty files. */
function scheduleIn(folder: string, clock: ManualClock, fails: () => boolean = () => false) {
  const said: string[] = [];
  const schedule = new BackupSchedule({
    folder,
    intervalMs: hourMs,
    keep: 3,
    clock,
    say: line => said.push(line),
    backUp: async target => {
      if (fails()) throw new DroverError('store-unavailable', 'NATS is away');
      await writeFile(target, '');
    },
  });
  return { schedule, said };
}

const holds = (folder: string, names: readonly string[]) =>
  eventually(async () => JSON.stringify((await readdir(folder)).sort()) === JSON.stringify(names));

test('names tell when a backup was taken, and only those of scheduled backups are touched', () => {
  const takenMs = Date.parse('2030-01-02T03:04:05Z');
  const name = backupName(takenMs + 678);
  assert.equal(name, 'drover-2030-01-02T03-04-05Z.age');
  assert.equal(takenAtOf(name), takenMs);
  const mine = ['hub.age', 'drover-mine.age', 'drover-2030-99-02T03-04-05Z.age', `.${name}.1.part`];
  const days = [1, 2, 3, 4].map(day => backupName(Date.parse(`2030-01-0${day}T00:00:00Z`)));
  assert.deepEqual(outdated([...mine, ...days.toReversed()], 2), days.slice(0, 2));
  assert.deepEqual(outdated([...mine, ...days], 9), []);
  assert.equal(newestOf([...mine, ...days]), Date.parse('2030-01-04T00:00:00Z'));
  assert.equal(newestOf(mine), undefined);
});

test('a backup at once, then one an interval; the oldest go', async () => {
  const folder = join(root, 'interval');
  const clock = new ManualClock(Date.parse('2030-01-01T00:00:00Z'));
  const { schedule } = scheduleIn(folder, clock);
  await schedule.start();
  const expected: string[] = [];
  for (let hour = 0; hour < 5; hour++) {
    expected.push(backupName(clock.now()));
    if (hour === 0) clock.advance(0);
    await holds(folder, expected.slice(-3));
    await eventually(() => clock.pending === 1);
    clock.advance(hourMs - 1);
    clock.advance(1);
  }
  await schedule.close();
});

test('after a restart it goes on from the newest backup', async () => {
  const folder = join(root, 'restart');
  const clock = new ManualClock(Date.parse('2030-01-01T00:00:00Z'));
  const first = scheduleIn(folder, clock);
  await first.schedule.start();
  clock.advance(0);
  await holds(folder, [backupName(clock.now())]);
  await first.schedule.close();
  const taken = await readdir(folder);
  clock.advance(hourMs / 2);
  const second = scheduleIn(folder, clock);
  await second.schedule.start();
  clock.advance(hourMs / 2 - 1);
  assert.deepEqual(await readdir(folder), taken);
  clock.advance(1);
  await holds(folder, [...taken, backupName(clock.now())]);
  await second.schedule.close();
});

test('a backup that failed is told, tried again, and costs no older one', async () => {
  const folder = join(root, 'failing');
  const clock = new ManualClock(Date.parse('2030-01-01T00:00:00Z'));
  let failing = true;
  const { schedule, said } = scheduleIn(folder, clock, () => failing);
  await schedule.start();
  clock.advance(0);
  await eventually(() => said.length === 1);
  assert.match(said[0] ?? '', /NATS is away/);
  assert.deepEqual(await readdir(folder), []);
  failing = false;
  await eventually(async () => {
    clock.advance(10 * 60_000);
    return (await readdir(folder)).length === 1;
  });
  await schedule.close();
});
