import type { CommandContext } from '../command-context.ts';

export interface KeysRotateOptions {
  readonly dataDir?: string;
  /** Seconds. */
  readonly grace?: number;
  /** Seconds. */
  readonly overlap?: number;
  readonly output?: string;
}

/** `drover keys rotate identity|session` */
export async function keysRotateCommand(
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
