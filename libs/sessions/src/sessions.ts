import { Backoff } from '@drover/async';
import { DroverError } from '@drover/errors';
import { Redis } from 'ioredis';

const connectTimeoutMs = 3_000;
/** An answer that takes longer counts as Redis being away. */
const commandTimeoutMs = 2_000;
/** A dead connection is noticed by TCP after this long without traffic. */
const keepAliveMs = 10_000;
const reconnectPause = { firstMs: 100, maxMs: 2_000 };

/** A connection to Redis that comes back by itself. Commands fail at once while it is away; none is kept. */
export class Sessions implements AsyncDisposable {
  readonly redis: Redis;

  /** Made by {@link connectSessions}. */
  constructor(redis: Redis) {
    this.redis = redis;
  }

  /** Whether commands can be sent at this moment. */
  get connected(): boolean {
    return this.redis.status === 'ready';
  }

  /** Resolves at the first connection, for those who cannot begin without one. */
  async ready(signal?: AbortSignal): Promise<void> {
    if (this.connected) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.redis.once('ready', resolve);
    try {
      signal?.throwIfAborted();
      await promise;
    } finally {
      this.redis.off('ready', resolve);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async close(): Promise<void> {
    this.redis.disconnect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Opens a connection to Redis, `redis://[:password@]host:port`. It does not wait for Redis: a hub whose Redis is away
 * starts, and heals later.
 *
 * @throws DroverError `config-invalid` where the URL is none of Redis's
 */
export function connectSessions({ url, name }: { readonly url: string; readonly name?: string }): Sessions {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw new DroverError('config-invalid', 'the URL of Redis must be redis://[:password@]host:port');
  }
  const pauses = new Backoff(reconnectPause);
  const redis = new Redis(url, {
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    keepAlive: keepAliveMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => pauses.next(),
    ...(name === undefined ? {} : { connectionName: name }),
  });
  redis.on('ready', () => pauses.reset());
  // Without a listener each failed try would end the process; the directory says what matters.
  redis.on('error', () => {});
  return new Sessions(redis);
}
