import { execFile, spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { DroverError } from '@drover/errors';
import { containerRuntimeRuns } from './container-server.ts';
import { installEnvironment, searchPath } from './environment.ts';
import { withoutStartingServices } from './quiet-install.ts';

/** The servers that the hub needs besides its own services. */
export type ServerName = 'nats-server' | 'redis-server';

/** How a server is run: a program of this machine, or an image in Docker. */
export type ServerProgram =
  | { readonly kind: 'program'; readonly path: string }
  | { readonly kind: 'image'; readonly image: string };

export interface FindServerOptions {
  /** Where programs are looked for; default: the environment's PATH and the usual folders of system servers. */
  readonly path?: string;
  /** Says what is about to be installed. */
  readonly say: (line: string) => void;
  /** Whether containers can be run here; handed in by tests. */
  readonly containers?: () => Promise<boolean>;
  /** Whether this process may install packages by itself; handed in by tests. */
  readonly isRoot?: boolean;
  /** Debian's policy for starting services; handed in by tests. */
  readonly policyFile?: string;
  readonly signal?: AbortSignal;
}

/** Folders of servers that a user's PATH often lacks. */
const serverFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
const images: Readonly<Record<ServerName, string>> = {
  'nats-server': 'nats:2.12-alpine',
  'redis-server': 'redis:7-alpine',
};
const installTimeoutMs = 5 * 60_000;

interface PackageManager {
  readonly program: string;
  readonly packages: Readonly<Record<ServerName, string>>;
  /** Commands that install a package, in order. */
  readonly commands: (name: string) => readonly (readonly string[])[];
  /** Whether a package that brings a system service starts it. The hub runs servers of its own, and needs no other. */
  readonly startsServices: boolean;
}

const packageManagers: readonly PackageManager[] = [
  {
    program: 'apt-get',
    startsServices: true,
    packages: { 'nats-server': 'nats-server', 'redis-server': 'redis-server' },
    commands: name => [
      ['apt-get', 'update'],
      ['apt-get', 'install', '-y', '--no-install-recommends', name],
    ],
  },
  {
    program: 'dnf',
    startsServices: false,
    packages: { 'nats-server': 'nats-server', 'redis-server': 'redis' },
    commands: name => [['dnf', 'install', '-y', name]],
  },
  {
    program: 'apk',
    startsServices: false,
    packages: { 'nats-server': 'nats-server', 'redis-server': 'redis' },
    commands: name => [['apk', 'add', name]],
  },
];

const run = promisify(execFile);

/**
 * Finds a server: on the PATH, in Docker, or by installing it with the system's package manager (as root, or with a sudo
 * that asks nothing), which is said first.
 *
 * @throws DroverError `server-missing` with the commands to type
 */
export async function findServer(name: ServerName, options: FindServerOptions): Promise<ServerProgram> {
  const found = await programOn(name, options);
  if (found) return { kind: 'program', path: found };
  if (await (options.containers ?? containerRuntimeRuns)()) return { kind: 'image', image: images[name] };
  const manager = await packageManagerOn(options);
  const commands = manager?.commands(manager.packages[name]);
  const prefix = commands ? await rightsToInstall(options) : undefined;
  if (manager && commands && prefix) {
    const typed = commands.map(command => [...prefix, ...command]);
    options.say(`${name} is not installed; installing it: ${typed.map(command => command.join(' ')).join(' && ')}`);
    const quiet = (command: readonly string[]) =>
      manager.startsServices ? withoutStartingServices(command, options.policyFile) : command;
    await install(
      name,
      commands.map(command => [...prefix, ...quiet(command)]),
      options,
    );
    const installed = await programOn(name, options);
    if (installed) return { kind: 'program', path: installed };
  }
  throw missing(name, commands);
}

async function programOn(name: string, { path = searchPath }: FindServerOptions): Promise<string | undefined> {
  const searched = [...path.split(delimiter), ...(path === searchPath ? serverFolders : [])];
  for (const folder of searched) {
    if (folder === '') continue;
    const file = join(folder, name);
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
}

async function packageManagerOn(options: FindServerOptions): Promise<PackageManager | undefined> {
  for (const manager of packageManagers) if (await programOn(manager.program, options)) return manager;
  return undefined;
}

/** What to put before a command that installs; undefined where this user may not. */
async function rightsToInstall(options: FindServerOptions): Promise<readonly string[] | undefined> {
  if (options.isRoot ?? process.getuid?.() === 0) return [];
  const sudo = await programOn('sudo', options);
  if (!sudo) return undefined;
  return await run(sudo, ['-n', 'true']).then(
    () => [sudo, '-n'],
    () => undefined,
  );
}

async function install(
  name: ServerName,
  commands: readonly (readonly string[])[],
  options: FindServerOptions,
): Promise<void> {
  for (const [program = '', ...args] of commands) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: installTimeoutMs,
      env: { ...installEnvironment, PATH: options.path ?? searchPath },
      ...(options.signal ? { signal: options.signal } : {}),
    });
    child.once('error', reject);
    child.once('exit', code => (code === 0 ? resolve() : reject(new Error(`${program} ended with code ${code}`))));
    await promise.catch((cause: unknown) => {
      throw new DroverError('server-missing', `${name} could not be installed: ${String(cause)}`, { cause });
    });
  }
}

function missing(name: ServerName, commands: readonly (readonly string[])[] | undefined): DroverError {
  const typed = commands ?? packageManagers[0]?.commands(name) ?? [];
  const lines = typed.map(command => `sudo ${command.join(' ')}`).join(' && ');
  const elsewhere = name === 'nats-server' ? 'DROVER_NATS_URL' : 'DROVER_REDIS_URL';
  return new DroverError(
    'server-missing',
    `${name} is neither on the PATH nor can Docker run it. Type: ${lines} (or, with Homebrew: brew install ${name === 'redis-server' ? 'redis' : name}), or set ${elsewhere} to a server of yours`,
    { details: { server: name } },
  );
}
