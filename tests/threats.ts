/**
 * `npm run threats [-- NUMBER …]`: runs every test whose name begins with `T<number> ` (the numbers of THREATS.md) and
 * prints one line a number, `T5 pass|fail|skip TITLE`. Exit code 1 when any failed.
 */
import { join } from 'node:path';
import { run as runTests } from 'node:test';
import { repositoryRoot } from '@drover/testing';
import { testFiles, threatNumbers } from './test-files.ts';

const testTimeoutMs = 10 * 60_000;

interface Result {
  readonly outcome: 'pass' | 'fail' | 'skip';
  readonly title: string;
  /** Why it failed or was skipped. */
  readonly remark: string;
}

const wanted = new Set(process.argv.slice(2).map(argument => Number(argument.replace(/^T/i, ''))));
const isWanted = (number: number): boolean => wanted.size === 0 || wanted.has(number);
const files = testFiles().filter(file => [...threatNumbers(file)].some(isWanted));
const results = new Map<number, Result[]>(
  files
    .flatMap(file => [...threatNumbers(file)])
    .filter(isWanted)
    .map(number => [number, []]),
);

function record(name: string, outcome: Result['outcome'], remark: string): void {
  const [, number, title = ''] = /^T(\d+)[: ]\s*(.*)/s.exec(name) ?? [];
  if (number !== undefined) results.get(Number(number))?.push({ outcome, title, remark });
}

if (files.length > 0) {
  const events = runTests({
    files: files.map(file => join(repositoryRoot, file)),
    concurrency: 2,
    timeout: testTimeoutMs,
  });
  events.on('test:pass', ({ name, skip }) =>
    record(name, skip === undefined ? 'pass' : 'skip', typeof skip === 'string' ? skip : ''),
  );
  events.on('test:fail', ({ name, details }) => record(name, 'fail', String(details.error.cause ?? details.error)));
  events.resume();
  await new Promise(resolve => events.on('end', resolve));
}

let failed = false;
for (const [number, found] of [...results].sort(([a], [b]) => a - b)) {
  // A test that its file never came to (a hook threw, or the process ended) has failed.
  const all: Result[] = found.length > 0 ? found : [{ outcome: 'fail', title: 'did not run', remark: 'see npm test' }];
  const worst = (['fail', 'skip', 'pass'] as const).find(outcome => all.some(it => it.outcome === outcome)) ?? 'fail';
  const more = all.length > 1 ? ` (and ${all.length - 1} more)` : '';
  console.log(`T${number} ${worst} ${all.find(it => it.outcome === worst)?.title}${more}`);
  for (const { outcome, title, remark } of all) {
    if (outcome === worst && remark !== '') console.error(`  ${worst}: ${title}: ${remark}`);
  }
  failed ||= worst === 'fail';
}
process.exit(failed ? 1 : 0);
