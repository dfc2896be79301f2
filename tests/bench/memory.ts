import { readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { largePath, smallPath, startBackend } from './backend.ts';
import { alone, compared, type Figure, median } from './figure.ts';
import { type HubUnderTest, startHub } from './hub-under-test.ts';
import { inspected, type MemoryUse, memoryOf } from './inspector.ts';
import type { BenchOptions } from './run.ts';
import { makeScratchPki } from './scratch-pki.ts';
import { openUnread } from './unread-downloads.ts';
import { type LoadResult, runLoad } from './wrk.ts';

const unread = 20;
const connections = 32;
const warmUpSeconds = 5;
/** Until every buffer on the way is full. */
const settleMs = 2_000;

const megabyte = 1e6;
const aims = { heldMegabytes: 16, residentMegabytes: 128, p99: 2 };

/** What 20 responses of 64 MB that nobody reads cost each process, and the small requests beside them. */
export async function benchMemory(options: BenchOptions): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const processes of [false, true]) {
    await using cleanUp = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'drover-bench-'));
    cleanUp.defer(() => rm(folder, { recursive: true }));
    const pki = await makeScratchPki(folder);
    const backend = cleanUp.use(await startBackend(folder, pki));
    options.report(processes ? 'hub in several processes' : 'hub in one process');
    const hub = cleanUp.use(await startHub({ folder, pki, backend, processes, env: inspected }));
    figures.push(...(await measure(hub, options, processes ? ', several processes' : '')));
  }
  return figures;
}

async function measure(
  hub: HubUnderTest,
  { seconds, rounds, report }: BenchOptions,
  suffix: string,
): Promise<Figure[]> {
  const load = (duration: number): Promise<LoadResult> =>
    runLoad({ ...hub, url: hub.url + smallPath, connections, seconds: duration });
  await load(warmUpSeconds);
  const without: number[] = [];
  const beside: number[] = [];
  const held: number[] = [];
  const resident: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    report(`round ${round} of ${rounds}`);
    without.push((await load(seconds)).p99Ms);
    const before = await memoryOfAll(hub);
    await using _stalled = await openUnread(unread, { ...hub, url: hub.url + largePath });
    await pause(settleMs);
    // Resident before a collection, which gives pages back, and again after the load beside them.
    const idle = await memoryOfAll(hub, { collect: false });
    const collected = await memoryOfAll(hub);
    beside.push((await load(seconds)).p99Ms);
    const loaded = await memoryOfAll(hub, { collect: false });
    held.push(mostGrowth(before, collected, ({ heapUsed, external }) => heapUsed + external));
    resident.push(Math.max(...[idle, loaded].map(use => mostGrowth(before, use, ({ rss }) => rss))));
  }
  return [
    alone(`heap and external memory of ${unread} unread responses${suffix}`, 'MB', 'lower', {
      value: Math.max(...held),
      aim: aims.heldMegabytes,
    }),
    alone(`resident growth by ${unread} unread responses${suffix}`, 'MB', 'lower', {
      value: Math.max(...resident),
      aim: aims.residentMegabytes,
    }),
    compared(`p99 of small requests beside ${unread} unread responses${suffix}`, 'ms', 'lower', {
      value: median(beside),
      beside: median(without),
      aim: aims.p99,
    }),
  ];
}

/** Every process of hub and agent that runs Node, by pid. */
async function memoryOfAll(hub: HubUnderTest, { collect = true } = {}): Promise<Map<number, MemoryUse>> {
  const nodes = hub.pids().filter(pid => basename(readlinkSync(`/proc/${pid}/exe`)) === 'node');
  const uses = new Map<number, MemoryUse>();
  for (const pid of nodes) uses.set(pid, await memoryOf(pid, { collect }));
  return uses;
}

/** The growth, in megabytes, of the process that grew most. */
function mostGrowth(
  before: ReadonlyMap<number, MemoryUse>,
  now: ReadonlyMap<number, MemoryUse>,
  bytesOf: (use: MemoryUse) => number,
): number {
  const growths = [...now].map(([pid, use]) => {
    const earlier = before.get(pid);
    return earlier === undefined ? 0 : (bytesOf(use) - bytesOf(earlier)) / megabyte;
  });
  return Math.max(0, ...growths);
}
