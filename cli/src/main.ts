import { resolve } from 'node:path';
import { readEnvironment } from './environment.ts';
import { runProgram } from './program.ts';
import { processTerminal } from './terminal.ts';

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
// `drover … | head` ends when nobody reads any more
process.stdout.on('error', () => process.exit());

// Deadlines by AbortSignal.timeout keep no process alive: without this, one that waits for a server that is not there would end
// before it can say so.
const alive = setInterval(() => {}, 60_000);
process.exitCode = await runProgram(process.argv.slice(2), {
  environment: readEnvironment(process.env),
  terminal: processTerminal,
  launcher: resolve(import.meta.dirname, '../bin/drover'),
  signal: interrupted.signal,
  now: Date.now,
});
clearInterval(alive);
