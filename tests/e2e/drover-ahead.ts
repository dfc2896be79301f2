/**
 * `drover` at another time, for kubeconfigs of tests: DROVER_TEST_FOLDER holds its configuration, and in `ahead` how many
 * milliseconds it is ahead of this machine.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '@drover/cli/testing';

const folder = process.env['DROVER_TEST_FOLDER'] ?? '';
const aheadMs = Number(await readFile(join(folder, 'ahead'), 'utf8'));
const { code, stdout, stderr } = await runCommand(process.argv.slice(2), {
  folder,
  browser: join(folder, 'browser'),
  execInfo: process.env['KUBERNETES_EXEC_INFO'] ?? '',
  now: new Date(Date.now() + aheadMs).toISOString(),
});
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = code;
