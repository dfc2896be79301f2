import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCreates, loadGets, loadLists, loadLongLists, loadUpdates, spread } from './api-loads.ts';
import { nameOf, seed } from './api-objects.ts';
import { type ApiSide, startHubSide, startKubeSide } from './api-sides.ts';
import { succeed } from './command.ts';
import { compared, type Figure, median } from './figure.ts';
import { cpuSeconds } from './process-tree.ts';
import type { BenchOptions } from './run.ts';
import type { LoadResult } from './wrk.ts';

const many = 10_000;
const watchers = 1_000;
const writes = 20;
/** Until the JavaScript is compiled and connections are open. */
const warmUpSeconds = 2;

/** Requests as fast as they are answered: how many a second, and what CPU time each takes. */
interface Load {
  readonly figure: string;
  /** One of the requests, in the name of the figure of its CPU time. */
  readonly one: string;
  readonly aim: number | null;
  run(side: ApiSide, seconds: number, round: number): Promise<LoadResult>;
}

/** Something else that is measured; the less the better. */
interface Measurement {
  readonly figure: string;
  readonly unit: string;
  readonly aim: number | null;
  of(side: ApiSide): Promise<number>;
}

const smallLoads: readonly Load[] = [
  { figure: 'get/s', one: 'get', aim: 3, run: loadGets },
  { figure: 'lists of 1,000/s', one: 'list of 1,000', aim: 20, run: loadLists },
  { figure: 'updates/s', one: 'update', aim: null, run: loadUpdates },
];
const events: readonly Measurement[] = [
  { figure: 'event to 1 watcher', unit: 'ms', aim: null, of: side => fanOutMs(side, 1) },
  { figure: 'fan-out to 1,000 watchers', unit: 'ms', aim: 0.5, of: side => fanOutMs(side, watchers) },
];
const largeLoads: readonly Load[] = [
  { figure: 'lists of 10,000/s', one: 'list of 10,000', aim: null, run: loadLongLists },
];
const memory: readonly Measurement[] = [
  { figure: 'memory at 10,000 objects', unit: 'MB', aim: 0.33, of: async side => residentMegabytes([side.pid]) },
  {
    figure: 'memory at 10,000 objects, store included',
    unit: 'MB',
    aim: null,
    of: async side => residentMegabytes(allPids(side)),
  },
];
/** Last, since the number of objects grows by them. */
const creates: readonly Load[] = [{ figure: 'creates/s', one: 'create', aim: 2, run: loadCreates }];

const allPids = (side: ApiSide): number[] => [side.pid, ...side.storePids()];

/** The hub's API beside the testbed's kube-apiserver with the same kinds: the same objects, sockets, TLS and clients. */
export async function benchApi(options: BenchOptions): Promise<Figure[]> {
  await using cleanUp = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'drover-bench-'));
  cleanUp.defer(() => rm(folder, { recursive: true }));
  const sides = [cleanUp.use(await startHubSide(folder)), cleanUp.use(await startKubeSide(folder))] as const;
  for (const side of sides) {
    await seed(side, 0, spread);
    await loadGets(side, warmUpSeconds);
  }
  const figures = [...(await measureLoads(sides, smallLoads, options)), ...(await measure(sides, events, options))];
  for (const side of sides) {
    options.report(`filling: ${side.name}`);
    await seed(side, spread, many);
  }
  figures.push(...(await measureLoads(sides, largeLoads, options)));
  figures.push(...(await measure(sides, memory, { ...options, rounds: 1 })));
  figures.push(...(await measureLoads(sides, creates, options)));
  return figures;
}

type Sides = readonly [hub: ApiSide, beside: ApiSide];

/** In turn, round by round, so that whatever else the machine does falls on both. */
async function measureLoads(
  sides: Sides,
  loads: readonly Load[],
  { seconds, rounds, report }: BenchOptions,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { figure, one, aim, run } of loads) {
    const [rates, costs] = [samples(), samples()];
    for (let round = 1; round <= rounds; round++) {
      for (const [index, side] of sides.entries()) {
        const before = cpuSeconds(allPids(side));
        const { requests, requestsPerSecond } = await run(side, seconds, round);
        const cost = ((cpuSeconds(allPids(side)) - before) / requests) * 1e6;
        report(
          `${figure}, round ${round}: ${side.name} ${requestsPerSecond.toFixed(2)} /s, ${cost.toFixed(0)} µs of CPU`,
        );
        rates[index]?.push(requestsPerSecond);
        costs[index]?.push(cost);
      }
    }
    figures.push(besideEachOther(figure, '/s', 'higher', rates, aim));
    figures.push(besideEachOther(`CPU time of one ${one}, store included`, 'µs', 'lower', costs, null));
  }
  return figures;
}

async function measure(
  sides: Sides,
  measurements: readonly Measurement[],
  { rounds, report }: BenchOptions,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { figure, unit, aim, of } of measurements) {
    const values = samples();
    for (let round = 1; round <= rounds; round++) {
      for (const [index, side] of sides.entries()) {
        const value = await of(side);
        report(`${figure}, round ${round}: ${side.name} ${value.toFixed(2)} ${unit}`);
        values[index]?.push(value);
      }
    }
    figures.push(besideEachOther(figure, unit, 'lower', values, aim));
  }
  return figures;
}

/** The hub's values, and its peer's. */
type Samples = [number[], number[]];

const samples = (): Samples => [[], []];

const besideEachOther = (
  figure: string,
  unit: string,
  better: Figure['better'],
  [values, peers]: Samples,
  aim: number | null,
): Figure => compared(figure, unit, better, { value: median(values), beside: median(peers), aim });

/** The median of the milliseconds from a write until the last of the watchers has its event. */
async function fanOutMs({ url, ca, token }: ApiSide, count: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'drover-watchers-'));
  try {
    const plan = join(folder, 'plan.json');
    const options = { url, ca, token, name: nameOf(0), watchers: count, writes };
    await writeFile(plan, JSON.stringify(options), { mode: 0o600 });
    const output = await succeed(process.execPath, [join(import.meta.dirname, 'watchers.ts'), plan], {
      timeoutMs: 300_000,
    });
    return median(JSON.parse(output) as number[]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What the processes hold in memory now (VmRSS of proc(5)). */
function residentMegabytes(pids: readonly number[]): number {
  const kilobytes = pids.map(pid => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]));
  return kilobytes.reduce((sum, value) => sum + value, 0) / 1e3;
}
