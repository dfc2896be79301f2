import type { CommandContext } from '../command-context.ts';
import { usageError } from '../failure.ts';

export interface KeysRotateOptions {
  readonly dataDir?: string;
  /** Seconds. */
  readonly grace?: number;
  /** Seconds. */
  readonly overlap?: number;
  readonly output?: string;
}

/** `drover keys rotate identity|session|secrets` */
export async function keysRotateCommand(
  context: CommandContext,
  role: 'identity' | 'session' | 'secrets',
  options: KeysRotateOptions,
): Promise<void> {
  return role === 'secrets' ? rotateSecrets(context, options) : rotateSigning(context, role, options);
}

/** Nothing is verified by them, so that there is no overlap that ends. */
async function rotateSecrets(
  { terminal, environment, now }: CommandContext,
  { dataDir = environment.dataFolder, grace, overlap, output }: KeysRotateOptions,
): Promise<void> {
  if (overlap !== undefined)
    throw usageError('keys of secrets have no --overlap: what the old one sealed is sealed anew');
  const { rotateSecretKeys } = await import('@drover/local-stack');
  const graceMs = grace === undefined ? undefined : grace * 1000;
  const { sealsFromMs } = await rotateSecretKeys({ dataDir, nowMs: now(), graceMs });
  const sealsFrom = new Date(sealsFromMs).toISOString();
  if (output === 'json') return terminal.print(JSON.stringify({ role: 'secrets', sealsFrom }, null, 2));
  terminal.print(
    `${dataDir}: a new key of secrets seals from ${sealsFrom} on; the hub seals all anew within ten minutes`,
  );
  terminal.note('a backup that was taken before does not know it: take a new one');
}

async function rotateSigning(
  { terminal, environment, now }: CommandContext,
  role: 'identity' | 'session',
  { dataDir = environment.dataFolder, grace, overlap, output }: KeysRotateOptions,
): Promise<void> {
  const { rotateHubKeys } = await import('@drover/local-stack');
  const { kid, signsFromMs, retiresAtMs } = await rotateHubKeys({
    dataDir,
    role,
    nowMs: now(),
    graceMs: grace === undefined ? undefined : grace * 1000,
    overlapMs: overlap === undefined ? undefined : overlap * 1000,
  });
  const signsFrom = new Date(signsFromMs).toISOString();
  const retiresAt = new Date(retiresAtMs).toISOString();
  if (output === 'json') return terminal.print(JSON.stringify({ role, kid, signsFrom, retiresAt }, null, 2));
  terminal.print(
    `${dataDir}: the ${role} key ${kid} signs from ${signsFrom} on; the one before verifies until ${retiresAt}`,
  );
  terminal.note('a backup that was taken before does not know it: take a new one');
}
