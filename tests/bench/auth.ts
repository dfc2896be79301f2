import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNats } from '../faults/nats.ts';
import type { AuthMeasures } from './auth-process.ts';
import { fillWorld, worldSize } from './auth-world.ts';
import { succeed } from './command.ts';
import { alone, compared, type Figure, median } from './figure.ts';
import type { BenchOptions } from './run.ts';

const aims = { admittedUs: 20, heldMegabytes: 400, loadSeconds: 10, networkWrites: 0 };
/** Loading and all measurements, on a slow machine. */
const processTimeoutMs = 180_000;

/**
 * What it costs to know who asks and whether he may, with a large hub in memory: beside verifying a signature for each request,
 * which is what a proxy does that remembers nothing, and with hashing the token alone as the floor.
 */
export async function benchAuth({ rounds, report }: BenchOptions): Promise<Figure[]> {
  await using cleanUp = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'drover-bench-'));
  cleanUp.defer(() => rm(folder, { recursive: true }));
  const nats = cleanUp.use(await startNats());
  const { tokens, users, bindings } = worldSize;
  report(`writing ${tokens} tokens, ${users} users and ${bindings} bindings`);
  const callersFile = join(folder, 'callers.json');
  await writeFile(callersFile, JSON.stringify(await fillWorld(nats.url)), { mode: 0o600 });
  const runs: AuthMeasures[] = [];
  for (let round = 1; round <= rounds; round++) {
    report(`round ${round} of ${rounds}`);
    const program = join(import.meta.dirname, 'auth-process.ts');
    const args = ['--expose-gc', '--max-semi-space-size=1', program, nats.url, callersFile];
    runs.push(JSON.parse(await succeed(process.execPath, args, { timeoutMs: processTimeoutMs })) as AuthMeasures);
  }
  const all = (of: keyof AuthMeasures): number[] => runs.map(run => run[of]);
  return [
    // The aim is microseconds, so this figure has no peer of its own; the next two give it one.
    alone('CPU µs a request', 'µs', 'lower', { value: median(all('admittedUs')), aim: aims.admittedUs }),
    compared('CPU µs a request, beside verifying a JWT', 'µs', 'lower', {
      value: median(all('admittedUs')),
      beside: median(all('verifiedUs')),
    }),
    compared('CPU µs a request, beside hashing its token', 'µs', 'lower', {
      value: median(all('admittedUs')),
      beside: median(all('hashedUs')),
    }),
    alone('network calls a request', '', 'lower', {
      value: Math.max(...all('networkWrites')),
      aim: aims.networkWrites,
    }),
    alone('heap and external memory', 'MB', 'lower', {
      value: Math.max(...all('heldMegabytes')),
      aim: aims.heldMegabytes,
    }),
    alone('cold load', 's', 'lower', { value: median(all('loadSeconds')), aim: aims.loadSeconds }),
  ];
}
