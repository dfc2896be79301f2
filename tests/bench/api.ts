import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createsPerSecond,
  getsPerSecond,
  listsPerSecond,
  longListsPerSecond,
  spread,
  updatesPerSecond,
} from './api-loads.ts';
import { nameOf, seed } from './api-objects.ts';
import { type ApiSide, startHubSide, startKubeSide } from './api-sides.ts';
import { succeed } from './command.ts';
import { compared, type Figure, median } from './figure.ts';
import type { BenchOptions } from './run.ts';

const many = 10_000;
const watchers = 1_000;
const writes = 20;
/** Until the JavaScript is compiled and connections are open. */
const warmUpSeconds = 2;

/** One measurement: its figure, and what it gives of a side. */
interface Measurement {
  readonly figure: string;
  readonly unit: string;
  readonly better: Figure['better'];
  readonly aim: number | null;
  /** Once at the end, and not once a round. */
  readonly once?: boolean;
  of(side: ApiSide, seconds: number, round: number): Promise<number>;
}

const small: readonly Measurement[] = [
  { figure: 'get/s', unit: '/s', better: 'higher', aim: 3, of: getsPerSecond },
  { figure: 'lists of 1,000/s', unit: '/s', better: 'higher', aim: 20, of: listsPerSecond },
  { figure: 'updates/s', unit: '/s', better: 'higher', aim: null, of: updatesPerSecond },
  { figure: 'event to 1 watcher', unit: 'ms', better: 'lower', aim: null, of: side => fanOutMs(side, 1) },
  { figure: 'fan-out to 1,000 watchers', unit: 'ms', better: 'lower', aim: 0.5, of: side => fanOutMs(side, watchers) },
];
const large: readonly Measurement[] = [
  { figure: 'lists of 10,000/s', unit: '/s', better: 'higher', aim: null, of: longListsPerSecond },
  {
    figure: 'memory at 10,000 objects',
    unit: 'MB',
    better: 'lower',
    aim: 1 / 3,
    once: true,
    of: async side => residentMegabytes([side.pid]),
  },
  {
    figure: 'memory at 10,000 objects, store included',
    unit: 'MB',
    better: 'lower',
    aim: null,
    once: true,
    of: async side => residentMegabytes([side.pid, ...side.storePids()]),
  },
  { figure: 'creates/s', unit: '/s', better: 'higher', aim: 2, of: createsPerSecond },
];

/** The hub's API beside the testbed's kube-apiserver with the same kinds: the same objects, sockets, TLS and clients. */
export async function benchApi(options: BenchOptions): Promise<Figure[]> {
  await using cleanUp = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'drover-bench-'));
  cleanUp.defer(() => rm(folder, { recursive: true }));
  const sides = [cleanUp.use(await startHubSide(folder)), cleanUp.use(await startKubeSide(folder))] as const;
  for (const side of sides) {
    await seed(side, 0, spread);
    await getsPerSecond(side, warmUpSeconds);
  }
  const figures = await measure(sides, small, options);
  for (const side of sides) {
    options.report(`filling: ${side.name}`);
    await seed(side, spread, many);
  }
  return [...figures, ...(await measure(sides, large, options))];
}

/** In turn, round by round, so that whatever else the machine does falls on both. */
async function measure(
  sides: readonly [hub: ApiSide, beside: ApiSide],
  measurements: readonly Measurement[],
  { seconds, rounds, report }: BenchOptions,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { figure, unit, better, aim, once, of } of measurements) {
    const samples: [number[], number[]] = [[], []];
    for (let round = 1; round <= (once ? 1 : rounds); round++) {
      for (const [index, side] of sides.entries()) {
        const value = await of(side, seconds, round);
        report(`${figure}, round ${round}: ${side.name} ${value.toFixed(2)} ${unit}`);
        samples[index]?.push(value);
      }
    }
    const [value, beside] = [median(samples[0]), median(samples[1])];
    figures.push(compared(figure, unit, better, { value, beside, aim }));
  }
  return figures;
}

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
