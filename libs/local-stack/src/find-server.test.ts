import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DroverError } from '@drover/errors';
import { findServer } from './find-server.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-find-'));
});
after(() => rm(folder, { recursive: true }));

/** A folder of programs, each a shell script. */
async function programs(name: string, scripts: Readonly<Record<string, string>>): Promise<string> {
  const path = await mkdtemp(join(folder, name));
  for (const [program, script] of Object.entries(scripts)) {
    await writeFile(join(path, program), `#!/bin/sh\n${script}\n`);
    await chmod(join(path, program), 0o755);
  }
  return path;
}

const noContainers = async () => false;

test('a server on the PATH is taken', async () => {
  const path = await programs('path', { 'nats-server': '' });
  assert.deepEqual(await findServer('nats-server', { path, say: assert.fail, containers: noContainers }), {
    kind: 'program',
    path: join(path, 'nats-server'),
  });
});

test('else Docker runs it', async () => {
  const path = await programs('docker', {});
  const found = await findServer('redis-server', { path, say: assert.fail, containers: async () => true });
  assert.equal(found.kind, 'image');
});

test('else it is installed by the package manager, after saying so', async () => {
  const path = await programs('root', {});
  const log = join(path, 'log');
  const policyFile = join(path, 'policy-rc.d');
  const install = `echo "$DEBIAN_FRONTEND $@" >> ${log}; ${policyFile}; echo $? >> ${log}; case "$1" in install) : > ${path}/redis-server; /bin/chmod +x ${path}/redis-server;; esac`;
  await writeFile(join(path, 'apt-get'), `#!/bin/sh\n${install}\n`, { mode: 0o755 });
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const options = { path, say, containers: noContainers, isRoot: true, policyFile };
  const found = await findServer('redis-server', options);
  assert.deepEqual(found, { kind: 'program', path: join(path, 'redis-server') });
  assert.match(said.join(), /installing it: apt-get update && apt-get install -y --no-install-recommends redis-server/);
  assert.equal(
    await readFile(log, 'utf8'),
    'noninteractive update\n101\nnoninteractive install -y --no-install-recommends redis-server\n101\n',
  );
  await assert.rejects(readFile(policyFile), { code: 'ENOENT' });
});

test('a system that has a policy for its services keeps it', async () => {
  const path = await programs('policy', { 'apt-get': 'exit 1', 'policy-rc.d': 'exit 0' });
  const policyFile = join(path, 'policy-rc.d');
  const before = await readFile(policyFile, 'utf8');
  const options = { path, say: () => {}, containers: noContainers, isRoot: true, policyFile };
  await assert.rejects(findServer('redis-server', options), { code: 'server-missing' });
  assert.equal(await readFile(policyFile, 'utf8'), before);
});

test('a failed installation leaves no policy behind', async () => {
  const path = await programs('broken', { 'apt-get': 'exit 1' });
  const policyFile = join(path, 'policy-rc.d');
  const options = { path, say: () => {}, containers: noContainers, isRoot: true, policyFile };
  await assert.rejects(findServer('redis-server', options), { code: 'server-missing' });
  await assert.rejects(readFile(policyFile), { code: 'ENOENT' });
});

test('who may not install is told the commands to type', async () => {
  const path = await programs('user', { 'apt-get': 'exit 9', sudo: 'exit 1' });
  await assert.rejects(
    findServer('nats-server', { path, say: assert.fail, containers: noContainers, isRoot: false }),
    (error: unknown) =>
      error instanceof DroverError &&
      error.code === 'server-missing' &&
      error.message.includes('sudo apt-get install -y --no-install-recommends nats-server'),
  );
});

test('a failed installation is one error', async () => {
  const path = await programs('fails', { dnf: 'exit 1' });
  await assert.rejects(
    findServer('nats-server', { path, say: () => {}, containers: noContainers, isRoot: true }),
    (error: unknown) => error instanceof DroverError && error.code === 'server-missing',
  );
});
