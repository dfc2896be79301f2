import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { largeBytes, largePath, smallPath, startBackend } from './backend.ts';
import { runDownloads } from './downloads.ts';
import { alone, compared, type Figure, median } from './figure.ts';
import { startHaproxyHops } from './haproxy-hops.ts';
import { startHub } from './hub-under-test.ts';
import { cpuSeconds } from './process-tree.ts';
import type { BenchOptions } from './run.ts';
import { makeScratchPki } from './scratch-pki.ts';
import { runLoad } from './wrk.ts';

/** A way to the backend that is measured. */
interface Way {
  readonly name: 'backend' | 'haproxy' | 'hub' | 'hub, several processes';
  readonly url: string;
  readonly ca: string;
  readonly token?: string;
  /** Whose CPU time counts. */
  pids(): number[];
}

/** Each kind of measurement by its figure's name, one value a round. */
type Samples = Map<string, number[]>;

const connections = [1, 32, 128] as const;
const downloads = { clients: 4, times: 2, bytes: largeBytes };
/** Until the JavaScript of every kind of measurement is compiled: a hub runs for weeks. */
const warmUpSeconds = 4;

/** What the issue asks of Drover beside haproxy, by figure. */
const aims: Readonly<Record<string, number>> = {
  'requests/s at 32 connections': 0.8,
  'CPU a request at 32 connections': 1.3,
  'p99 at 1 connections': 2,
  'p99 at 32 connections': 2,
  'p99 at 128 connections': 2,
  'MB/s': 0.5,
};

/** Small requests and large downloads through hub and agent, beside haproxy as two hops, and straight at the backend. */
export async function benchProxy(options: BenchOptions): Promise<Figure[]> {
  await using cleanUp = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'drover-bench-'));
  cleanUp.defer(() => rm(folder, { recursive: true }));
  const ways = await openWays(folder, cleanUp, options);
  const samples = new Map(ways.map(({ name }): [string, Samples] => [name, new Map()]));
  for (const way of ways) {
    options.report(`warming up: ${way.name}`);
    await measure(way, warmUpSeconds, () => {});
  }
  // In turn, round by round, so that whatever else the machine does falls on all of them.
  for (let round = 1; round <= options.rounds; round++) {
    for (const way of ways) {
      options.report(`round ${round} of ${options.rounds}: ${way.name}`);
      await measure(way, options.seconds, (figure, value) => {
        const ofWay = samples.get(way.name) ?? new Map<string, number[]>();
        ofWay.set(figure, [...(ofWay.get(figure) ?? []), value]);
      });
    }
  }
  return figuresOf(samples);
}

async function openWays(folder: string, cleanUp: AsyncDisposableStack, { report }: BenchOptions): Promise<Way[]> {
  const pki = await makeScratchPki(folder);
  const backend = cleanUp.use(await startBackend(folder, pki));
  const hops = cleanUp.use(await startHaproxyHops(folder, { pki, backendPort: backend.port, path: smallPath }));
  const pidsOf = (servers: readonly { child: { pid?: number | undefined } }[]): number[] =>
    servers.flatMap(({ child }) => child.pid ?? []);
  const ways: Way[] = [
    { name: 'backend', url: backend.url, ca: pki.ca, pids: () => [] },
    { name: 'haproxy', url: hops.url, ca: pki.ca, pids: () => pidsOf(hops.servers) },
  ];
  for (const [name, processes] of [
    ['hub', false],
    ['hub, several processes', true],
  ] as const) {
    report(`starting the ${name}`);
    ways.push({ name, ...cleanUp.use(await startHub({ folder, pki, backend, processes })) });
  }
  return ways;
}

async function measure(way: Way, seconds: number, add: (figure: string, value: number) => void): Promise<void> {
  const pids = way.pids();
  for (const count of connections) {
    const before = cpuSeconds(pids);
    const result = await runLoad({ ...way, url: way.url + smallPath, connections: count, seconds });
    const cpu = cpuSeconds(pids) - before;
    add(`requests/s at ${count} connections`, result.requestsPerSecond);
    add(`p50 at ${count} connections`, result.p50Ms);
    add(`p99 at ${count} connections`, result.p99Ms);
    add(`CPU a request at ${count} connections`, (cpu * 1e6) / result.requests);
  }
  const before = cpuSeconds(pids);
  const { bytes, seconds: took } = await runDownloads({ ...way, url: way.url + largePath, ...downloads });
  add('MB/s', bytes / 1e6 / took);
  add('CPU a GB', (cpuSeconds(pids) - before) / (bytes / 1e9));
}

function figuresOf(samples: ReadonlyMap<string, Samples>): Figure[] {
  const medianOf = (way: string, figure: string): number => median(samples.get(way)?.get(figure) ?? []);
  const figures = [...(samples.get('haproxy')?.keys() ?? [])];
  const besideHaproxy = (way: string, suffix: string): Figure[] =>
    figures.map(figure =>
      compared(figure + suffix, unitOf(figure), betterOf(figure), {
        value: medianOf(way, figure),
        beside: medianOf('haproxy', figure),
        aim: aims[figure] ?? null,
      }),
    );
  const floor = figures
    .filter(figure => !figure.startsWith('CPU'))
    .map(figure =>
      alone(`${figure}, straight at the backend`, unitOf(figure), betterOf(figure), {
        value: medianOf('backend', figure),
      }),
    );
  return [...besideHaproxy('hub', ''), ...besideHaproxy('hub, several processes', ', several processes'), ...floor];
}

function unitOf(figure: string): string {
  if (figure.startsWith('requests/s')) return '/s';
  if (figure.startsWith('CPU a request')) return 'µs';
  if (figure === 'CPU a GB') return 's';
  return figure === 'MB/s' ? 'MB/s' : 'ms';
}

const betterOf = (figure: string): Figure['better'] =>
  figure.startsWith('requests/s') || figure === 'MB/s' ? 'higher' : 'lower';
