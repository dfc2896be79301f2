import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '@drover/testing';

test('docs/configuration.md names every variable that is read, and no other', () => {
  const sources = globSync(
    ['services/*/src/main.ts', 'libs/local-stack/src/{main,setup}.ts', 'cli/src/environment.ts'],
    { cwd: repositoryRoot },
  );
  const names = (text: string): string[] => text.match(/\bDROVER_[A-Z_]+[A-Z]\b/g) ?? [];
  const read = new Set(sources.flatMap(file => names(readFileSync(join(repositoryRoot, file), 'utf8'))));
  const documented = new Set(names(readFileSync(join(repositoryRoot, 'docs/configuration.md'), 'utf8')));
  read.delete('DROVER_LAUNCHER'); // from the launcher to its program
  assert.deepEqual([...documented].sort(), [...read].sort());
});

test('the environment is read where a program begins, and in one place of a library', () => {
  const sources = globSync(['services/*/src/**/*.ts', 'libs/*/src/**/*.ts', 'cli/src/**/*.ts'], {
    cwd: repositoryRoot,
  });
  const readers = sources.filter(
    file =>
      !/\.test\.ts$|-for-tests\.ts$|^libs\/testing\/|\/testing\//.test(file) &&
      /^(?! *(\*|\/\/)).*process\.env/m.test(readFileSync(join(repositoryRoot, file), 'utf8')),
  );
  assert.deepEqual(
    readers.filter(file => !/\/(main|setup|environment)\.ts$/.test(file)),
    [],
  );
});
