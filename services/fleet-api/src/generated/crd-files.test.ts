import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { crdFiles } from './crd-files.ts';

const folder = resolve(import.meta.dirname, '../../../../k8s/crds');

test('k8s/crds holds what the declarations say (`npm run generate` writes it)', () => {
  const found = new Map(readdirSync(folder).map(name => [name, readFileSync(join(folder, name), 'utf8')]));
  assert.deepEqual([...found.keys()].sort(), [...crdFiles().keys()].sort());
  for (const [name, text] of crdFiles()) assert.equal(found.get(name), text, name);
});
