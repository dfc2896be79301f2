import { type Clock, every, systemClock } from '@drover/async';
import { readTunnelEvent, type TunnelEventBody } from '@drover/contracts';
import type { Logger } from '@drover/telemetry';
import {
  DirectoryView,
  type GatewayRecord,
  isGatewayRecord,
  isTunnelRecord,
  type TunnelRecord,
} from './directory-view.ts';
import { gatewayField, keys } from './keys.ts';
import type { Sessions } from './sessions.ts';

export interface TunnelDirectoryOptions {
  readonly clock?: Clock;
  readonly log?: Logger;
}

const heartbeatMs = 5_000;
/** A gateway that misses three heartbeats is gone, with its sessions. */
const lifetimeMs = 15_000;
const refreshMs = 5_000;
/** The ids of gateways that died are dropped from the list after an hour; their hash expired long before. */
const forgetGatewaysMs = 60 * 60_000;

/**
 * Which gateway holds a session of which cluster: written to Redis by gateways, read into a view by all.
 *
 * What a gateway has is kept here and written whole with every heartbeat, so that nothing that Redis forgets, or that
 * happens while it is away, stays wrong for longer than that. While Redis is away the last view serves, and what NATS
 * events tell ({@link observe}). No method throws because of Redis.
 *
 * @example
 * await using directory = new TunnelDirectory(sessions);
 * await directory.announceGateway({ id: 'gw-1', hopAddress: '127.0.0.1:9001' });
 * await directory.put(record);
 * directory.view.gatewaysOf(record.clusterUid); // ['gw-1']
 */
export class TunnelDirectory implements AsyncDisposable {
  readonly view = new DirectoryView();
  readonly #sessions: Sessions;
  readonly #clock: Clock;
  readonly #log: Logger | undefined;
  readonly #own = new Map<string, TunnelRecord>();
  readonly #cancels: (() => void)[] = [];
  readonly #onReady = (): void => void this.#heal();
  #gateway: GatewayRecord | undefined;
  #refreshing: Promise<void> | undefined;
  #refreshAgain: Promise<void> | undefined;
  #away = false;

  constructor(sessions: Sessions, { clock = systemClock, log }: TunnelDirectoryOptions = {}) {
    this.#sessions = sessions;
    this.#clock = clock;
    this.#log = log;
    this.#cancels.push(every(clock, refreshMs, () => void this.refresh()));
    sessions.redis.on('ready', this.#onReady);
    if (sessions.connected) void this.refresh();
  }

  /** Makes this process a gateway of the directory, with heartbeats until `close`. */
  async announceGateway(gateway: GatewayRecord): Promise<void> {
    keys.gateway(gateway.id);
    this.#gateway = gateway;
    this.#cancels.push(every(this.#clock, heartbeatMs, () => void this.#writeAll()));
    await this.#writeAll();
    await this.refresh();
  }

  /** Adds a session of this gateway. It is in the view at once, and in Redis when that is there. */
  async put(record: TunnelRecord): Promise<void> {
    this.#own.set(record.session, record);
    this.view.add(record);
    const gateway = this.#gateway;
    if (!gateway) return;
    await this.#attempt('write', () =>
      this.#sessions.redis.hset(keys.gateway(gateway.id), record.session, JSON.stringify(record)),
    );
  }

  /** Takes a session of this gateway out, in the same way. */
  async remove(session: string): Promise<void> {
    this.#own.delete(session);
    this.view.delete(session);
    const gateway = this.#gateway;
    if (!gateway) return;
    await this.#attempt('write', () => this.#sessions.redis.hdel(keys.gateway(gateway.id), session));
  }

  /** Tells what a NATS event said, by subject and body: the view follows at once, and a refresh makes sure. */
  observe(subject: string, body: unknown): void {
    const event = readTunnelEvent(subject, body);
    if (event?.happened === 'closed') this.view.delete(event.body.session);
    // Its own sessions a gateway knows: an event of one that has gone since must not bring it back.
    else if (event !== undefined && event.body.gateway !== this.#gateway?.id) this.view.add(recordOf(event.body));
    void this.refresh();
  }

  /** Reads the view anew; resolves when a read that began after this call is done. Many calls become at most two reads. */
  refresh(): Promise<void> {
    if (!this.#refreshing) {
      this.#refreshing = this.#read().finally(() => {
        this.#refreshing = undefined;
      });
      return this.#refreshing;
    }
    this.#refreshAgain ??= this.#refreshing.then(() => {
      this.#refreshAgain = undefined;
      return this.refresh();
    });
    return this.#refreshAgain;
  }

  /** Ends the timers, and takes this gateway out of the directory. */
  async close(): Promise<void> {
    for (const cancel of this.#cancels.splice(0)) cancel();
    this.#sessions.redis.off('ready', this.#onReady);
    const gateway = this.#gateway;
    this.#gateway = undefined;
    this.#own.clear();
    if (!gateway || !this.#sessions.connected) return;
    await this.#attempt('write', () =>
      this.#sessions.redis.multi().del(keys.gateway(gateway.id)).zrem(keys.gateways, gateway.id).exec(),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #heal(): Promise<void> {
    await this.#writeAll();
    await this.refresh();
  }

  /** The whole of what this gateway has, in one transaction. */
  async #writeAll(): Promise<void> {
    const gateway = this.#gateway;
    if (!gateway) return;
    const key = keys.gateway(gateway.id);
    const fields = new Map([...this.#own].map(([session, record]) => [session, JSON.stringify(record)]));
    fields.set(gatewayField, JSON.stringify(gateway));
    const now = this.#clock.now();
    await this.#attempt('write', () =>
      this.#sessions.redis
        .multi()
        .del(key)
        .hset(key, fields)
        .pexpire(key, lifetimeMs)
        .zadd(keys.gateways, now, gateway.id)
        .zremrangebyscore(keys.gateways, '-inf', now - forgetGatewaysMs)
        .exec(),
    );
  }

  async #read(): Promise<void> {
    const { redis } = this.#sessions;
    const hashes = await this.#attempt('read', async () => {
      const ids = await redis.zrange(keys.gateways, 0, '-1');
      return await Promise.all(ids.map(id => redis.hgetall(keys.gateway(id))));
    });
    if (!hashes) return;
    const gateways: GatewayRecord[] = [];
    const sessions: TunnelRecord[] = [];
    for (const { [gatewayField]: self, ...records } of hashes) {
      const gateway = self === undefined ? undefined : parse(self);
      if (!isGatewayRecord(gateway)) continue;
      gateways.push(gateway);
      if (gateway.id !== this.#gateway?.id) sessions.push(...Object.values(records).map(parse).filter(isTunnelRecord));
    }
    // Of its own sessions this process knows better than Redis.
    this.view.replace(gateways, [...sessions, ...this.#own.values()]);
  }

  async #attempt<T>(what: string, run: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await run();
      if (this.#away) this.#log?.info('the session directory is back');
      this.#away = false;
      return result;
    } catch (err) {
      if (!this.#away) this.#log?.warn({ err }, `cannot ${what} the session directory; going on with what is known`);
      this.#away = true;
      return undefined;
    }
  }
}

const recordOf = (body: TunnelEventBody): TunnelRecord => ({
  session: body.session,
  cluster: body.cluster,
  clusterUid: body.clusterUid,
  gateway: body.gateway,
  agentVersion: body.agentVersion,
  kubernetesVersion: body.kubernetesVersion,
  openedAt: body.at,
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
