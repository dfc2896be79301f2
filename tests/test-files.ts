import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@drover/testing';

/** Where tests are, in the order in which they are run: quick ones first, then those that start servers and clusters. */
const places = [
  'libs/*/src/**/*.test.ts',
  'services/*/src/**/*.test.ts',
  'cli/src/**/*.test.ts',
  'tests/repository/**/*.test.ts',
  'tests/e2e/**/*.test.ts',
  'tests/**/*.test.ts',
];

/** The paths of all test files, relative to the repository's root, that match `pattern`. */
export function testFiles(pattern: RegExp = /(?:)/): string[] {
  const files = places.flatMap(place =>
    globSync(place, { cwd: repositoryRoot, exclude: ['**/node_modules/**'] }).sort(),
  );
  return [...new Set(files)].filter(file => pattern.test(file));
}

/** The numbers of THREATS.md whose tests a file holds: those of its tests that are named `T<number> …`. */
export function threatNumbers(file: string): Set<number> {
  const names = readFileSync(join(repositoryRoot, file), 'utf8').matchAll(/['"`]T(\d+)[: ]/g);
  return new Set([...names].map(([, number]) => Number(number)));
}
