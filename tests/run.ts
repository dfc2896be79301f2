/**
 * `npm test [-- PATTERN]`: lint, types, then every test; with a pattern (a regular expression) only the test files whose
 * path matches it. Exit code 0 when nothing failed.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run as runTests } from 'node:test';
import { spec } from 'node:test/reporters';
import { onPath, repositoryRoot, run } from '@drover/testing';
import { testFiles } from './test-files.ts';

/** No single test may take longer: the whole must end within thirty minutes, whatever hangs. */
const testTimeoutMs = 10 * 60_000;
const checkTimeoutMs = 5 * 60_000;

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
  readonly remark: string;
}

const [pattern] = process.argv.slice(2);
const outcomes: Outcome[] = [];
if (pattern === undefined) {
  outcomes.push(
    ...(await Promise.all([
      check('lint', 'biome', ['check', '--error-on-warnings', '--colors=off', '.']),
      check('types', 'tsc', ['-p', '.']),
    ])),
  );
}
outcomes.push(await tests(testFiles(pattern === undefined ? undefined : new RegExp(pattern))));

console.log();
for (const { name, ok, seconds, remark } of outcomes) {
  console.log(`${name.padEnd(6)} ${ok ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(7)} s  ${remark}`);
}
process.exit(outcomes.every(outcome => outcome.ok) ? 0 : 1);

async function check(name: string, program: string, args: string[]): Promise<Outcome> {
  const start = performance.now();
  const path = onPath(program) ?? join(repositoryRoot, 'node_modules/.bin', program);
  const { code, stdout, stderr } = await run(path, args, { cwd: repositoryRoot, timeoutMs: checkTimeoutMs });
  if (code !== 0) console.log(`${name}: ${program} ${args.join(' ')}\n${stdout}${stderr}`);
  return { name, ok: code === 0, seconds: (performance.now() - start) / 1000, remark: '' };
}

/** Each file in a process of its own, two at a time on two cores; all of the output of what fails. */
async function tests(files: string[]): Promise<Outcome> {
  const start = performance.now();
  const events = runTests({
    files: files.map(file => join(repositoryRoot, file)),
    cwd: repositoryRoot,
    concurrency: Math.max(2, availableParallelism()),
    timeout: testTimeoutMs,
  });
  const skipped = new Map<string, number>();
  let passed = 0;
  let failed = 0;
  events.on('test:pass', ({ skip }) => {
    if (skip === undefined) passed++;
    else skipped.set(String(skip), (skipped.get(String(skip)) ?? 0) + 1);
  });
  events.on('test:fail', ({ todo }) => {
    if (todo === undefined) failed++;
  });
  events.compose(new spec()).pipe(process.stdout);
  await new Promise(resolve => events.on('end', resolve));
  const ok = files.length > 0 && failed === 0;
  const reasons = [...skipped].map(([reason, count]) => `\n${' '.repeat(19)}skipped ${count}: ${reason}`);
  const remark = `${files.length} files: ${passed} passed, ${failed} failed${reasons.join('')}`;
  return { name: 'tests', ok, seconds: (performance.now() - start) / 1000, remark };
}
