import { readFile } from 'node:fs/promises';
import { Backoff, pause } from '@drover/async';
import { objects } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { Msg, Subscription } from '@nats-io/nats-core';
import { connect, credsAuthenticator, type NatsConnection, errors as natsErrors } from '@nats-io/transport-node';
import { type BusStatus, whileConnected } from './bucket-connection.ts';
import { busError } from './foreign-errors.ts';
import { ObjectBucket } from './object-bucket.ts';
import { errorOfReply, RpcServer } from './rpc.ts';

export interface BusOptions {
  /** `nats://host:port` */
  readonly url: string;
  /** A NATS credentials file (user JWT and seed); absent where the server asks for none. */
  readonly credsFile?: string;
  /** The service's name: a token of a subject. Replies come to `_INBOX.<name>.>`, which no other service may read. */
  readonly name: string;
  /** Ends the tries to connect. */
  readonly signal?: AbortSignal;
}

export interface PublishOptions {
  /** The stream keeps one message of an id (in its duplicate window of two minutes). */
  readonly msgId?: string;
}

export interface RequestOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** A server that does not answer a ping in this time is taken as lost (twice, then the client reconnects). */
const pingIntervalMs = 5_000;
const connectTimeoutMs = 3_000;
/** A JetStream answer that takes longer is an error; the write may have happened. */
const acknowledgeTimeoutMs = 5_000;
const reconnectPause = { firstMs: 100, maxMs: 2_000 };

/**
 * Connects to NATS, trying until it is there or `signal` is aborted, and from then on for ever, with jitter.
 *
 * @throws DroverError `forbidden` where the server refuses the credentials
 * @example
 * await using bus = await connectBus({ url: 'nats://127.0.0.1:4222', name: 'fleet-api' });
 */
export async function connectBus({ url, credsFile, name, signal }: BusOptions): Promise<Bus> {
  if (!/^[A-Za-z0-9_-]+$/.test(name))
    throw new DroverError('config-invalid', `${JSON.stringify(name)} cannot name a bus client`);
  const authenticator = credsFile === undefined ? undefined : credsAuthenticator(await readFile(credsFile));
  const inboxPrefix = `_INBOX.${name}`;
  const pauses = new Backoff(reconnectPause);
  for (;;) {
    signal?.throwIfAborted();
    try {
      const connection = await connect({
        servers: url,
        name,
        inboxPrefix,
        maxReconnectAttempts: -1,
        reconnectDelayHandler: () => pauses.next(),
        ignoreAuthErrorAbort: true,
        pingInterval: pingIntervalMs,
        maxPingOut: 2,
        timeout: connectTimeoutMs,
        // Each request would take two stack traces, in case that it fails: a tenth of what a write costs here.
        noAsyncTraces: true,
        ...(authenticator ? { authenticator } : {}),
      });
      const manager = await jetstreamManager(connection, { checkAPI: false, timeout: acknowledgeTimeoutMs });
      return new Bus({ connection, manager, inboxPrefix }, pauses);
    } catch (error) {
      if (error instanceof natsErrors.AuthorizationError) {
        throw new DroverError('forbidden', `NATS at ${hostOf(url)} refused ${name}’s credentials`, { cause: error });
      }
      await pause(pauses.next(), signal);
    }
  }
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'its address');

const encode = (body: unknown): Uint8Array => (body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body)));

function decode(message: Msg): unknown {
  if (message.data.length === 0) return undefined;
  try {
    return message.json<unknown>();
  } catch (error) {
    throw new DroverError('bad-request', `a message on ${message.subject} is not JSON`, { cause: error });
  }
}

interface BusParts {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly inboxPrefix: string;
}

/** A connection to NATS: events, streams, requests, and the bucket of hub objects. Close it with `close()` or `await using`. */
export class Bus implements AsyncDisposable {
  readonly #connection: NatsConnection;
  readonly #streams: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #inboxPrefix: string;
  readonly #rpc: RpcServer;
  readonly #listeners = new Set<(status: BusStatus) => void>();
  readonly #closing = new AbortController();
  #status: BusStatus = 'connected';
  #maxPayloadBytes = 1024 * 1024;

  /** Made by {@link connectBus}. */
  constructor({ connection, manager, inboxPrefix }: BusParts, pauses: Backoff) {
    this.#inboxPrefix = inboxPrefix;
    this.#connection = connection;
    this.#manager = manager;
    this.#streams = jetstream(connection, { timeout: acknowledgeTimeoutMs });
    this.#rpc = new RpcServer(connection);
    this.#maxPayloadBytes = this.maxPayloadBytes;
    pauses.reset();
    void this.#follow(pauses);
  }

  get status(): BusStatus {
    return this.#status;
  }

  /** The largest message that the server takes. */
  get maxPayloadBytes(): number {
    // The client forgets what the server said of itself while it is away.
    this.#maxPayloadBytes = this.#connection.info?.max_payload ?? this.#maxPayloadBytes;
    return this.#maxPayloadBytes;
  }

  /** The server's version, `2.9.10`. */
  get serverVersion(): string {
    return this.#connection.info?.version ?? '';
  }

  /** Calls `listener` at each change of the status; returns what ends that. */
  onStatus(listener: (status: BusStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Sends an event to whoever listens now, and no acknowledgement. Away from the server it is dropped (false) and not
   * kept, since the client would keep without bound.
   */
  publish(subject: string, body: unknown): boolean {
    if (this.#status !== 'connected') return false;
    this.#connection.publish(subject, encode(body));
    return true;
  }

  /**
   * Appends a message (bytes, or a value that becomes JSON) to the stream of its subject; resolves once it is stored.
   *
   * @throws DroverError `store-unavailable` (the message may have been stored all the same), `forbidden`, `too-large`
   */
  async append(
    subject: string,
    body: unknown,
    { msgId }: PublishOptions = {},
  ): Promise<{ seq: number; duplicate: boolean }> {
    const data = encode(body);
    this.#requireSize(data);
    try {
      const { seq, duplicate } = await whileConnected(this, () =>
        this.#streams.publish(subject, data, msgId === undefined ? {} : { msgID: msgId }),
      );
      return { seq, duplicate };
    } catch (error) {
      throw busError(error, `append to ${subject}`);
    }
  }

  /** Hands each message on `subject` (wildcards allowed) to `handler` as JSON; one that is not JSON is left out. */
  subscribe(
    subject: string,
    handler: (body: unknown, subject: string) => void,
    { queue }: { readonly queue?: string } = {},
  ): { unsubscribe(): void } {
    const subscription: Subscription = this.#connection.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error) return;
        let body: unknown;
        try {
          body = decode(message);
        } catch {
          return;
        }
        handler(body, message.subject);
      },
    });
    return { unsubscribe: () => subscription.unsubscribe() };
  }

  /**
   * Asks and waits for one answer, JSON to JSON. The answer's type is the caller's word: both ends are the hub's own.
   *
   * @throws DroverError the code that the other side raised; `unreachable` where nobody serves the subject or no answer
   * comes in time; the signal's reason when it is aborted
   */
  async request<T = unknown>(subject: string, body: unknown, { timeoutMs, signal }: RequestOptions): Promise<T> {
    signal?.throwIfAborted();
    if (this.#status !== 'connected') throw new DroverError('unreachable', `no connection to NATS for ${subject}`);
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const reply = await Promise.race([
        this.#connection.request(subject, encode(body), { timeout: timeoutMs }),
        aborted.promise,
      ]);
      const error = errorOfReply(reply);
      if (error) throw error;
      return reply.json<T>();
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const foreign = busError(error, `request ${subject}`);
      throw foreign.code === 'store-unavailable'
        ? new DroverError('unreachable', foreign.message, { cause: error })
        : foreign;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Serves `drover.v1.rpc.<service>.<method>` as a NATS micro service, shared with the service's other replicas. */
  serve(service: string, method: string, handler: (body: unknown) => Promise<unknown>): Promise<void> {
    return this.#rpc.serve(service, method, handler);
  }

  /** The bucket of hub objects. */
  objects(): ObjectBucket {
    return new ObjectBucket(
      {
        connection: this.#connection,
        streams: this.#streams,
        manager: this.#manager,
        inboxPrefix: this.#inboxPrefix,
        state: this,
      },
      objects.bucket,
      this.#closing.signal,
    );
  }

  /** The raw client, for the set-up of streams. */
  get manager(): JetStreamManager {
    return this.#manager;
  }

  /** Ends watches and subscriptions, sends what is buffered, and closes the connection. */
  async close(): Promise<void> {
    this.#closing.abort(new DroverError('store-unavailable', 'the connection to NATS was closed'));
    if (this.#connection.isClosed()) return;
    // A drain waits for the server, which may be gone for good.
    await (this.#status === 'connected' ? this.#connection.drain() : this.#connection.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #requireSize(data: Uint8Array): void {
    if (data.length <= this.maxPayloadBytes) return;
    throw new DroverError(
      'too-large',
      `a message of ${data.length} bytes exceeds NATS’s max_payload of ${this.maxPayloadBytes}`,
    );
  }

  async #follow(pauses: Backoff): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === 'disconnect') this.#move('disconnected');
      if (type === 'reconnect') {
        pauses.reset();
        this.#move('connected');
      }
    }
    this.#move('closed');
  }

  #move(status: BusStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    for (const listener of this.#listeners) listener(status);
  }
}
