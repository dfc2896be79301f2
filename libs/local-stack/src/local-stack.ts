import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock } from '@drover/async';
import type { SealingKeys } from '@drover/backup';
import {
  connectBus,
  type Durability,
  durabilityOf,
  durabilityText,
  ensureHubStreams,
  purgeDeleteMarkers,
} from '@drover/bus';
import type { HostPort } from '@drover/config';
import { version } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { LogLevel } from '@drover/telemetry';
import { ensureAdminKubeconfig } from './admin-kubeconfig.ts';
import { BackupSchedule } from './backup/backup-schedule.ts';
import { backUpInThread } from './backup/backup-thread.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { findServer } from './find-server.ts';
import { untilReady } from './hub-client.ts';
import { ensureHubFiles } from './hub-record.ts';
import { startInManyProcesses } from './many-processes.ts';
import { ensureNatsAuthority } from './nats-authority.ts';
import { type NatsUser, natsUsers } from './nats-permissions.ts';
import { type LocalNats, startNats } from './nats-server.ts';
import { startInOneProcess } from './one-process.ts';
import { ensurePki } from './pki.ts';
import { type LocalRedis, startRedis } from './redis-server.ts';
import { ensureFolder } from './secret-files.ts';
import type { StackParts } from './stack-parts.ts';

export interface LocalStackOptions {
  /** Everything that the hub keeps; made if missing, closed to other users. */
  readonly dataDir: string;
  /** Default 127.0.0.1:0; port 0 is chosen at the first start and kept. */
  readonly listen?: HostPort;
  /** Each service in a process of its own. */
  readonly processes?: { readonly authProxies: number; readonly gateways: number };
  /** Names and addresses of the hub besides the loopback ones and the address it listens on. */
  readonly serverNames?: readonly string[];
  /** A NATS server of yours, and the folder with a `<user>.creds` for each of its users, where it asks for them. */
  readonly nats?: { readonly url: string; readonly credsDir?: string };
  /** A Redis of yours, `redis://…`. */
  readonly redisUrl?: string;
  readonly agentImage?: string;
  readonly userPrefix?: string;
  readonly logLevel?: LogLevel;
  /** Backups at an interval into a folder, of which so many are kept. */
  readonly backups?: {
    readonly folder: string;
    readonly intervalMs: number;
    readonly keep: number;
    readonly keys: SealingKeys;
  };
  /** The time, for services in this process; default: the real one. */
  readonly clock?: Clock;
  /** Also joins the simulated cluster `demo`. */
  readonly demo?: boolean;
  /** Gets lines for people: what is installed, what is not durable, what services in other processes log. */
  readonly say?: (line: string) => void;
  /** Ends a start that has not finished. */
  readonly signal?: AbortSignal;
}

/** A hub that runs on this machine. */
export interface LocalStack extends AsyncDisposable {
  /** The first front door. */
  readonly url: string;
  /** Every front door. */
  readonly urls: readonly string[];
  readonly dataDir: string;
  /** PEM of the CA of the front doors. */
  readonly ca: string;
  /** Resolves with the reason when a part of it ends by itself; then close the rest. */
  readonly failed: Promise<string>;
  /** Stops services, then Redis and NATS; the data stay. */
  close(): Promise<void>;
}

const wildcardHosts = new Set(['0.0.0.0', '::']);

/**
 * Starts a whole hub: NATS, Redis, and every service.
 *
 * @throws DroverError `server-missing`, `config-invalid` (another hub runs on the folder, a port is taken)
 * @example
 * await using hub = await startLocalStack({ dataDir: '.drover' });
 * console.log(hub.url);
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { listen = { host: '127.0.0.1', port: 0 }, say = () => {} } = options;
  const signal = options.signal ?? new AbortController().signal;
  const dataDir = await ensureFolder(resolve(options.dataDir));
  await using opened = new AsyncDisposableStack();
  const lock = opened.use(await lockDataFolder(dataDir));

  const anywhere = wildcardHosts.has(listen.host);
  const serverNames = [...(anywhere ? [] : [listen.host]), ...(options.serverNames ?? [])];
  const [pki, hub, redis, nats] = await settle([
    ensurePki({ folder: join(dataDir, 'pki'), serverNames }),
    ensureHubFiles(dataDir),
    openRedis(options, dataDir, opened, signal),
    openNats(options, dataDir, opened, signal),
  ]);
  const { restored } = hub.record;
  if (restored) say(`this hub was restored at ${restored.at} from a backup of ${restored.takenAt}`);
  const parts: StackParts = {
    dataDir,
    hub,
    pki,
    natsUrl: nats.url,
    durability: nats.durability,
    credentials: nats.credentials,
    redisUrl: redis.url,
    listen,
    publicHost: anywhere ? (options.serverNames?.[0] ?? '127.0.0.1') : listen.host,
    agentImage: options.agentImage ?? `drover:${version}`,
    userPrefix: options.userPrefix ?? 'drover:',
    logLevel: options.logLevel ?? 'info',
    clock: options.clock,
    signal,
  };
  const store = await setUp(parts, nats.durability);
  if (store.durability !== 'synced') say(durabilityText(store.durability, store.version));
  const services = options.processes
    ? await startInManyProcesses(parts, { ...options.processes, say })
    : await startInOneProcess(parts);
  opened.defer(() => services.close());
  const [url = ''] = services.urls;
  const ca = pki.ca.cert;
  // A hub that listens everywhere may have a public name that this machine itself cannot reach.
  const near = (door: string): string => (anywhere ? `https://127.0.0.1:${new URL(door).port || '443'}` : door);
  for (const door of services.urls) await untilReady({ url: near(door), ca }, signal);
  const password =
    hub.adminPasswordFile === undefined ? undefined : (await readFile(hub.adminPasswordFile, 'utf8')).trim();
  const kubeconfigFile = join(dataDir, 'admin.kubeconfig');
  await ensureAdminKubeconfig({ path: kubeconfigFile, url, nearUrl: near(url), ca, password, signal });
  if (options.demo) {
    const { startDemoCluster } = await import('./demo-cluster.ts');
    opened.use(await startDemoCluster({ dataDir, url: near(url), ca, logLevel: parts.logLevel, signal }));
  }
  await lock.publish({ url, services: services.names });
  if (options.backups) await scheduleBackups(options.backups, options, dataDir, opened);

  const running = opened.move();
  const close = (): Promise<void> => running.disposeAsync();
  return {
    url,
    urls: services.urls,
    dataDir,
    ca,
    failed: Promise.race([services.failed, ...nats.failed, ...redis.failed]),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Streams and buckets, by the only NATS user that may make them. Returns what is known of the store's durability (T31). */
async function setUp(
  { natsUrl, credentials, signal }: StackParts,
  known: Durability | undefined,
): Promise<{ durability: Durability; version: string }> {
  const credsFile = credentials?.setup;
  await using bus = await connectBus({ url: natsUrl, name: 'setup', signal, ...(credsFile ? { credsFile } : {}) });
  await ensureHubStreams(bus);
  await purgeDeleteMarkers(bus);
  return { durability: known ?? durabilityOf(bus.serverVersion), version: bus.serverVersion };
}

async function scheduleBackups(
  { keys, ...plan }: NonNullable<LocalStackOptions['backups']>,
  { nats, say = () => {} }: LocalStackOptions,
  dataDir: string,
  opened: AsyncDisposableStack,
): Promise<void> {
  const credsFile = nats?.credsDir === undefined ? {} : { credsFile: join(resolve(nats.credsDir), 'backup.creds') };
  const store = nats ? { nats: { url: nats.url, ...credsFile } } : {};
  const schedule = new BackupSchedule({
    ...plan,
    say,
    backUp: (target, nowMs, signal) => backUpInThread({ dataDir, target, keys, nowMs, ...store }, signal),
  });
  await schedule.start();
  opened.defer(() => schedule.close());
}

interface Opened {
  readonly url: string;
  readonly failed: readonly Promise<string>[];
}

interface OpenedNats extends Opened, Partial<Pick<LocalNats, 'durability'>> {
  readonly credentials: Readonly<Record<NatsUser, string>> | undefined;
}

async function openNats(
  { nats, say = () => {} }: LocalStackOptions,
  dataDir: string,
  opened: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<OpenedNats> {
  if (nats) return { url: nats.url, failed: [], credentials: nats.credsDir ? credentialsIn(nats.credsDir) : undefined };
  const folder = await ensureFolder(join(dataDir, 'nats'));
  const [program, authority] = await Promise.all([
    findServer('nats-server', { say, signal }),
    ensureNatsAuthority(folder),
  ]);
  const server = await startNats(program, folder, authority, signal);
  opened.defer(() => server.stop());
  const failed = server.exited.then(how => `nats-server ${how}; see ${join(folder, 'nats.log')}`);
  return { url: server.url, durability: server.durability, credentials: authority.credentials, failed: [failed] };
}

function credentialsIn(folder: string): Record<NatsUser, string> {
  const [fleetApi, gateway, authProxy, setup] = natsUsers.map(user => join(resolve(folder), `${user}.creds`));
  return {
    'fleet-api': fleetApi ?? '',
    'tunnel-gateway': gateway ?? '',
    'auth-proxy': authProxy ?? '',
    setup: setup ?? '',
  };
}

async function openRedis(
  { redisUrl, say = () => {} }: LocalStackOptions,
  dataDir: string,
  opened: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<Opened> {
  if (redisUrl !== undefined) return { url: redisUrl, failed: [] };
  const folder = join(dataDir, 'redis');
  const server: LocalRedis = await startRedis(await findServer('redis-server', { say, signal }), folder, signal);
  opened.defer(() => server.stop());
  return {
    url: server.url,
    failed: [server.exited.then(how => `redis-server ${how}; see ${join(folder, 'redis.log')}`)],
  };
}

/** As `Promise.all`, but a failure waits for the others, so that what they started can be stopped. */
async function settle<T extends readonly Promise<unknown>[]>(
  started: readonly [...T],
): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }> {
  const results: PromiseSettledResult<unknown>[] = await Promise.allSettled(started);
  const failure = results.find(result => result.status === 'rejected');
  if (failure) throw DroverError.from(failure.reason);
  return await Promise.all(started);
}
