import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { onPath } from './kubectl.ts';

/** The root of this repository. */
export const repositoryRoot = resolve(import.meta.dirname, '../../..');

/** Where real clusters come from, or why there are none. */
export type Testbed = { readonly cluster: string; readonly missing?: undefined } | { readonly missing: string };

/** The testbed's `cluster` program: `DROVER_TESTBED`, or `../shared/testbed/cluster` beside the repository. */
export function testbed(): Testbed {
  const named = process.env['DROVER_TESTBED'];
  const cluster =
    named !== undefined && named !== '' ? resolve(named) : join(repositoryRoot, '../shared/testbed/cluster');
  if (existsSync(cluster)) return { cluster };
  return {
    missing: `no testbed: ${cluster} does not exist; set DROVER_TESTBED to a program that starts test clusters`,
  };
}

/**
 * Why a test that needs a real cluster (or one with a node) must be skipped, in words; `false` when it can run.
 *
 * @example
 * test('get pods', { skip: cannotStartCluster({ node: true }) }, async () => { … });
 */
export function cannotStartCluster({ node = false }: { node?: boolean } = {}): string | false {
  const found = testbed();
  if (found.missing !== undefined) return found.missing;
  const programs = [
    'etcd',
    'openssl',
    'kubectl',
    'setsid',
    ...(node ? ['containerd', 'runc', 'ctr', 'ip', 'flock'] : []),
  ];
  const absent = programs.filter(program => onPath(program) === undefined);
  if (absent.length > 0) return `the testbed needs ${absent.join(', ')} on the PATH (.ci/run installs them)`;
  if (!node) return false;
  if (!existsSync('/usr/lib/cni/bridge'))
    return 'the testbed’s node needs the CNI plugins (Debian: containernetworking-plugins)';
  return process.getuid?.() === 0 ? false : 'the testbed’s node must be run by root';
}
