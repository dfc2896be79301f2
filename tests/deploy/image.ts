import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onPath, repositoryRoot, run, testbed } from '@drover/testing';

/** The image of this repository in tests; it is never pushed anywhere. */
export const testImage = 'localhost/drover:test';

/** The base is made once a machine (a minimal Debian by debootstrap); the build downloads the npm packages. */
const buildTimeoutMs = 8 * 60_000;

/** The testbed's program that builds images with no engine and no registry. */
function imageProgram(): string {
  const found = testbed();
  return found.missing === undefined ? join(dirname(found.cluster), 'image') : 'image';
}

/** Why the image cannot be built here, in words; `false` when it can. */
export function cannotBuildImage(): string | false {
  const { missing } = testbed();
  if (missing !== undefined) return missing;
  if (!existsSync(imageProgram())) return `the testbed has no program that builds images (${imageProgram()})`;
  const absent = ['buildah', 'debootstrap', 'ctr'].filter(program => onPath(program) === undefined);
  return absent.length > 0 && `building the image needs ${absent.join(', ')} on the PATH (.ci/run installs them)`;
}

/** Builds the Dockerfile for real. */
export async function buildImage(): Promise<void> {
  await image('base');
  await image('build', testImage, repositoryRoot);
}

/** Takes the image away again: each is some hundred MB, and the next build makes its own. */
export async function removeImage(): Promise<void> {
  await run('buildah', ['rmi', testImage], { env: { STORAGE_DRIVER: 'vfs' } });
}

/** Puts the image into the node of the test cluster in `dir`. */
export const loadImage = (dir: string): Promise<void> => image('load', testImage, dir);

async function image(...args: string[]): Promise<void> {
  // npm of an npm script points to this repository's Node, which is not the one that the base image copies npm from
  const path = (process.env['PATH'] ?? '').split(':').filter(folder => !folder.includes('node_modules/.bin'));
  const { code, stdout, stderr } = await run(imageProgram(), args, {
    env: { PATH: path.join(':') },
    timeoutMs: buildTimeoutMs,
  });
  if (code !== 0) throw new Error(`image ${args.join(' ')} ended with ${code}:\n${(stdout + stderr).slice(-4_000)}`);
}
