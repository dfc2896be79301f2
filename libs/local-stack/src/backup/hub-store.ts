import { join } from 'node:path';
import { type Bus, connectBus } from '@drover/bus';
import { DroverError } from '@drover/errors';
import { lockDataFolder } from '../data-folder-lock.ts';
import { findServer } from '../find-server.ts';
import { ensureNatsAuthority } from '../nats-authority.ts';
import { runningNats, startNats } from '../nats-server.ts';

/** A NATS server of the user's own. */
export interface OwnNats {
  readonly url: string;
  /** The credentials file of a user that may read the objects; absent where the server asks for none. */
  readonly credsFile?: string;
}

/** How long one waits for a NATS server that should be there. */
const connectTimeoutMs = 20_000;

/**
 * Connects to the store of the hub on `dataDir` as the user `backup`, who may read objects and nothing else: to the NATS of
 * the hub that runs, or to one that is started for the occasion where none runs. What it opens is put on `opened`.
 */
export async function openHubStore(
  dataDir: string,
  opened: AsyncDisposableStack,
  {
    nats,
    say,
    signal,
  }: { readonly nats?: OwnNats; readonly say: (line: string) => void; readonly signal?: AbortSignal },
): Promise<Bus> {
  const timeout = AbortSignal.timeout(connectTimeoutMs);
  const ended = signal ? AbortSignal.any([signal, timeout]) : timeout;
  if (nats) return opened.use(await connectTo(nats, 'backup', ended));
  const folder = join(dataDir, 'nats');
  const credsFile = join(folder, 'creds', 'backup.creds');
  const lock = await lockDataFolder(dataDir).catch((error: unknown) => {
    if (runsAlready(error)) return undefined;
    throw error;
  });
  if (lock === undefined)
    return opened.use(await connectTo({ url: await runningNats(folder), credsFile }, 'backup', ended));
  opened.use(lock);
  const program = await findServer('nats-server', { say, ...(signal ? { signal } : {}) });
  const server = await startNats(program, folder, await ensureNatsAuthority(folder), ended);
  opened.defer(() => server.stop());
  return opened.use(await connectTo({ url: server.url, credsFile }, 'backup', ended));
}

/** Connects, and says so where nothing answers. @throws DroverError `unreachable`, `forbidden` */
export async function connectTo({ url, credsFile }: OwnNats, name: string, signal: AbortSignal): Promise<Bus> {
  try {
    return await connectBus({ url, name, signal, ...(credsFile === undefined ? {} : { credsFile }) });
  } catch (cause) {
    if (cause instanceof DroverError) throw cause;
    throw new DroverError('unreachable', `the hub’s NATS cannot be reached as ${name}`, { cause });
  }
}

/** The lock says by whom it is held, where it is held. */
const runsAlready = (error: unknown): boolean =>
  error instanceof DroverError && typeof error.details['pid'] === 'number';
