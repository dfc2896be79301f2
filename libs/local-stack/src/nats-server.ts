import { execFile } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pause } from '@drover/async';
import { canSync, type Durability } from '@drover/bus';
import { DroverError } from '@drover/errors';
import { runContainer } from './container-server.ts';
import type { ServerProgram } from './find-server.ts';
import type { NatsAuthority } from './nats-authority.ts';
import { ensureFolder, readText, writeSecret } from './secret-files.ts';
import { type RunningServer, runProgram } from './server-process.ts';

/** A running nats-server, and how to reach it. */
export interface LocalNats extends RunningServer {
  readonly url: string;
  /** What acknowledged writes survive (T31). */
  readonly durability: Durability;
}

const startTimeoutMs = 30_000;
const pollMs = 10;
/** The largest message: whole objects, shards of desired state (DESIGN.md). */
const maxPayload = '4MB';

/** Starts nats-server in operator mode on a free loopback port; its data are in `folder` and outlive it. */
export async function startNats(
  program: ServerProgram,
  folder: string,
  authority: NatsAuthority,
  signal?: AbortSignal,
): Promise<LocalNats> {
  const portsFolder = await ensureFolder(join(folder, 'ports'));
  await rm(portsFolder, { recursive: true });
  await ensureFolder(portsFolder);
  const configFile = join(folder, 'nats.conf');
  const logFile = join(folder, 'nats.log');
  // The image is of a newer version. An older one refuses to start with `sync_interval: always`.
  const syncs = program.kind === 'image' || canSync(await versionOf(program.path));
  await writeSecret(configFile, configuration({ folder, portsFolder, logFile, syncs }, authority));
  const server =
    program.kind === 'program'
      ? await runProgram(program.path, ['-c', configFile])
      : await runContainer({ image: program.image, command: ['nats-server', '-c', configFile], folder });
  try {
    const url = await Promise.race([
      listening(portsFolder, signal),
      server.exited.then(how => {
        throw new Error(how);
      }),
    ]);
    return { ...server, url, durability: syncs ? 'synced' : 'two-minutes' };
  } catch (cause) {
    await server.stop();
    const log = ((await readText(logFile)) ?? '').trimEnd().split('\n').slice(-3).join(' | ');
    throw new DroverError('server-missing', `nats-server did not start: ${log}`, { cause });
  }
}

interface Settings {
  readonly folder: string;
  readonly portsFolder: string;
  readonly logFile: string;
  readonly syncs: boolean;
}

function configuration({ folder, portsFolder, logFile, syncs }: Settings, authority: NatsAuthority): string {
  const { operatorJwt, systemAccount, account } = authority;
  return `server_name: drover
host: 127.0.0.1
port: -1
ports_file_dir: "${portsFolder}"
logfile: "${logFile}"
logfile_size_limit: 16MB
max_payload: ${maxPayload}
jetstream {
  store_dir: "${folder}"
${syncs ? '  sync_interval: always\n' : ''}}
operator: ${operatorJwt}
system_account: ${systemAccount.id}
resolver: MEMORY
resolver_preload: {
  ${systemAccount.id}: ${systemAccount.jwt}
  ${account.id}: ${account.jwt}
}
`;
}

async function versionOf(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)(path, ['--version']);
  return stdout.trim();
}

/** The server writes a file with its ports when it listens. */
async function listening(folder: string, signal?: AbortSignal): Promise<string> {
  const timeout = AbortSignal.timeout(startTimeoutMs);
  const ended = signal ? AbortSignal.any([signal, timeout]) : timeout;
  for (;;) {
    const url = await addressIn(folder);
    if (url !== undefined) return url;
    await pause(pollMs, ended);
  }
}

/** Where the server listens that runs on the folder. @throws DroverError `unreachable` where none says so */
export async function runningNats(folder: string): Promise<string> {
  const url = await addressIn(join(folder, 'ports')).catch(() => undefined);
  if (url !== undefined) return url;
  throw new DroverError('unreachable', `no NATS server of the hub listens (${join(folder, 'ports')})`);
}

async function addressIn(portsFolder: string): Promise<string | undefined> {
  for (const name of await readdir(portsFolder)) {
    const url = /nats:\/\/127\.0\.0\.1:\d+/.exec((await readText(join(portsFolder, name))) ?? '')?.[0];
    if (url) return url;
  }
  return undefined;
}
