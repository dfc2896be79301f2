import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { benchApi } from './api.ts';
import { benchAuth } from './auth.ts';
import { type Figure, tableOf } from './figure.ts';
import { benchMemory } from './memory.ts';
import { benchProxy } from './proxy.ts';
import { benchTunnel } from './tunnel.ts';

/** How long and how often each load runs. */
export interface BenchOptions {
  readonly seconds: number;
  readonly rounds: number;
  /** Says what is going on; never a figure. */
  report(line: string): void;
}

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<Figure[]>>> = {
  api: benchApi,
  auth: benchAuth,
  proxy: benchProxy,
  memory: benchMemory,
  tunnel: benchTunnel,
};

/** Other work on a larger share of the cores than this shows in every figure. */
const quietShare = 0.25;

// npm run bench -- NAME [--json] [--seconds 5] [--rounds 3]
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
  },
});
const bench = benches[positionals[0] ?? ''];
if (bench === undefined || positionals.length > 1) {
  process.stderr.write(
    `usage: npm run bench -- ${Object.keys(benches).join('|')} [--json] [--seconds N] [--rounds N]\n`,
  );
  process.exit(2);
}
const load = loadavg()[0] ?? 0;
if (load > availableParallelism() * quietShare) {
  process.stderr.write(`the machine is busy (load ${load.toFixed(1)}): these figures are not worth keeping\n`);
}
const figures = await bench({
  seconds: Number(values.seconds),
  rounds: Number(values.rounds),
  report: line => process.stderr.write(`${line}\n`),
});
process.stdout.write(`${values.json ? JSON.stringify(figures, null, 2) : tableOf(figures)}\n`);
