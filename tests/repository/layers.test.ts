import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot, run } from '@drover/testing';

/** Lints one planted file in a copy of the repository's configuration. */
async function lint(path: string, source: string): Promise<{ code: number; output: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'drover-layers-'));
  try {
    for (const file of ['biome.json', 'biome.layers.jsonc', '.gitignore']) {
      await copyFile(join(repositoryRoot, file), join(dir, file));
    }
    await mkdir(join(dir, dirname(path)), { recursive: true });
    await writeFile(join(dir, path), source);
    const biome = join(repositoryRoot, 'node_modules/.bin/biome');
    const { code, stdout, stderr } = await run(biome, ['lint', '--colors=off', '--error-on-warnings', '.'], {
      cwd: dir,
    });
    return { code, output: stdout + stderr };
  } finally {
    await rm(dir, { recursive: true });
  }
}

const wrong: [where: string, imported: string][] = [
  ['libs/errors/src/planted.ts', '@drover/contracts'],
  ['libs/contracts/src/planted.ts', '@drover/bus'],
  ['libs/config/src/planted.ts', '@drover/tunnel'],
  ['libs/tunnel/src/planted.ts', '@drover/telemetry'],
  ['libs/bus/src/planted.ts', '@drover/identity'],
  ['libs/service-kit/src/planted.ts', '@drover/local-stack'],
  ['services/auth-proxy/src/deep/planted.ts', '@drover/tunnel-gateway'],
  ['services/cluster-agent/src/planted.test.ts', '@drover/fleet-api'],
  ['services/fleet-api/src/planted.ts', '@drover/testing'],
  ['services/fleet-api/src/planted.ts', '@drover/errors/src/table.ts'],
  ['services/fleet-api/src/planted.ts', '../../../libs/errors/src/index.ts'],
  ['cli/src/planted.ts', '@drover/auth-proxy'],
  ['libs/simulator/src/planted.ts', '@drover/local-stack'],
  ['services/cluster-agent/src/planted.ts', '@drover/simulator'],
];

for (const [where, imported] of wrong) {
  test(`the linter refuses ${imported} in ${where}`, async () => {
    const { code, output } = await lint(where, `import '${imported}';\n`);
    assert.equal(code, 1);
    assert.match(output, /noRestrictedImports/);
    assert.match(output, /Layer rule/);
  });
}

test('the linter accepts what the layers allow', async () => {
  const source = "import '@drover/errors';\nimport '@drover/tunnel';\nimport '@drover/bus';\n";
  assert.deepEqual((await lint('services/auth-proxy/src/planted.ts', source)).code, 0);
});

test('the linter refuses a promise that nobody awaits, any, and an assertion of non-null', async () => {
  const source =
    'async function work(): Promise<void> {}\nwork();\nexport const a: any = 1;\nexport const b = (x?: number) => x!.toFixed();\n';
  const { code, output } = await lint('libs/bus/src/planted.ts', source);
  assert.equal(code, 1);
  for (const rule of ['noFloatingPromises', 'noExplicitAny', 'noNonNullAssertion'])
    assert.match(output, new RegExp(rule));
});
