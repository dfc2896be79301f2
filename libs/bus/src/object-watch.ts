import { Backoff, pause } from '@drover/async';
import { DroverError } from '@drover/errors';
import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream';
import { createInbox, type Msg, nanos, nuid } from '@nats-io/nats-core';
import { type BucketConnection, isDeletion, whileConnected } from './bucket-connection.ts';
import { type PushMessage, pushMessageOf } from './delivery.ts';
import { busError } from './foreign-errors.ts';

/** What a watch tells, in the order of the bucket. */
export type ObjectEvent =
  | { readonly operation: 'put'; readonly key: string; readonly revision: number; readonly value: Uint8Array }
  | { readonly operation: 'delete'; readonly key: string; readonly revision: number }
  /** Everything that there was has been told; what follows are changes. */
  | { readonly operation: 'initialised'; readonly revision: number }
  /** The store went back in time, or the watch was away too long: forget all; everything is told again, up to `initialised`. */
  | { readonly operation: 'reset' };

export interface WatchTarget extends BucketConnection {
  readonly stream: string;
  /** `$KV.<bucket>.` */
  readonly prefix: string;
  readonly pattern: string;
}

/** The server speaks at least this often, so that a watcher knows that it is up to date. */
const heartbeatMs = 1_000;
/** A server that was silent this long has lost the consumer: a new one is made. */
const silenceMs = 3 * heartbeatMs;
/** The server drops a consumer that nobody has listened to for this long. */
const inactiveMs = 30_000;
/** After a longer absence everything is read again: marks of deletions may have been purged (they live an hour at least). */
const maxAbsenceMs = 10 * 60_000;
const retryPause = { firstMs: 50, maxMs: 1_000 };

/** An event, or a request of the server's flow control, answered when everything before it has been taken. */
type Queued = ObjectEvent | { readonly operation: 'flow-control'; readonly respond: () => void };

/**
 * Follows a bucket through every break: a lost connection, a restarted server, a lost message. Each of these ends the
 * consumer, and the next one starts at the revision after the last that was seen, so nothing is lost or told twice.
 * Iterate once. The server's flow control bounds what waits for a slow reader.
 *
 * Every consumer is made with its filter in the API subject, so that a NATS user can be limited to some keys.
 */
export class ObjectWatch implements AsyncIterable<ObjectEvent>, AsyncDisposable {
  readonly #target: WatchTarget;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #queue: Queued[] = [];
  #wake: () => void = () => {};
  #revision = 0;
  #initialised = false;
  #failure: { readonly error: unknown } | undefined;
  #lastHeardMs = 0;

  constructor(target: WatchTarget, signal: AbortSignal) {
    this.#target = target;
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
    this.#signal.addEventListener('abort', () => this.#wake(), { once: true });
    void this.#run();
  }

  /** When the server was last heard, in milliseconds since 1970: what was told is complete up to then. 0: never. */
  get lastHeardMs(): number {
    return this.#lastHeardMs;
  }

  close(): void {
    this.#stop.abort(new DroverError('internal', 'the watch was closed'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** Ends when the watch is closed or its signal aborted; throws where the server refuses the watch (`forbidden`). */
  async *[Symbol.asyncIterator](): AsyncGenerator<ObjectEvent, void, undefined> {
    try {
      while (!this.#signal.aborted) {
        const taken = this.#queue;
        this.#queue = [];
        for (const item of taken) {
          if (this.#signal.aborted) return;
          if (item.operation === 'flow-control') item.respond();
          else yield item;
        }
        if (this.#queue.length > 0) continue;
        if (this.#failure) throw this.#failure.error;
        await new Promise<void>(resolve => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.close();
    }
  }

  async #run(): Promise<void> {
    const pauses = new Backoff(retryPause);
    while (!this.#signal.aborted) {
      try {
        await this.#connected();
        await this.#follow(pauses);
      } catch (error) {
        if (this.#signal.aborted) return;
        const failure = busError(error, `watch ${this.#target.pattern}`);
        if (failure.code === 'forbidden') {
          this.#failure = { error: failure };
          return this.#wake();
        }
        await pause(pauses.next(), this.#signal).catch(() => {});
      }
    }
  }

  /** Waits for the connection, so that a new consumer is asked for the moment that there is one. */
  async #connected(): Promise<void> {
    const { state } = this.#target;
    if (state.status === 'connected') return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const off = state.onStatus(status => status !== 'disconnected' && resolve());
    const onAbort = (): void => resolve();
    this.#signal.addEventListener('abort', onAbort, { once: true });
    await promise;
    this.#signal.removeEventListener('abort', onAbort);
    off();
    this.#signal.throwIfAborted();
  }

  /** Makes one consumer and follows it to its end: by a break, a gap, silence, or the signal. */
  async #follow(pauses: Backoff): Promise<void> {
    const { connection, inboxPrefix, manager, state, stream } = this.#target;
    if (this.#lastHeardMs > 0 && Date.now() - this.#lastHeardMs > maxAbsenceMs) this.#reset();
    const ended = Promise.withResolvers<void>();
    const end = (): void => ended.resolve();
    const inbox = createInbox(inboxPrefix);
    const session = new Session(end);
    const subscription = connection.subscribe(inbox, {
      callback: (error, message) => (error ? end() : session.receive(message)),
    });
    const offStatus = state.onStatus(end);
    this.#signal.addEventListener('abort', end, { once: true });
    const timer = setInterval(() => {
      if (Date.now() - session.heardMs > silenceMs) end();
    }, heartbeatMs);
    timer.unref();
    try {
      const info = await whileConnected(state, () => manager.consumers.add(stream, this.#consumer(inbox)));
      pauses.reset();
      // The server starts at its end where it is asked for more: its end is behind what we have seen.
      if (this.#revision > 0 && info.delivered.stream_seq < this.#revision) return this.#reset();
      session.start(info.num_pending, message => this.#take(message, session));
      if (info.num_pending === 0) this.#initialise();
      this.#lastHeardMs = Date.now();
      await ended.promise;
    } finally {
      clearInterval(timer);
      offStatus();
      this.#signal.removeEventListener('abort', end);
      if (!connection.isClosed()) subscription.unsubscribe();
    }
  }

  #consumer(inbox: string) {
    return {
      name: nuid.next(),
      deliver_subject: inbox,
      filter_subject: `${this.#target.prefix}${this.#target.pattern}`,
      ack_policy: AckPolicy.None,
      max_deliver: 1,
      flow_control: true,
      idle_heartbeat: nanos(heartbeatMs),
      inactive_threshold: nanos(inactiveMs),
      mem_storage: true,
      num_replicas: 1,
      ...(this.#revision === 0
        ? { deliver_policy: DeliverPolicy.LastPerSubject }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: this.#revision + 1 }),
    };
  }

  #take(message: Msg, session: Session): void {
    this.#lastHeardMs = session.heardMs;
    const push = session.check(message);
    switch (push.kind) {
      case 'flow-control':
        return this.#enqueue({ operation: 'flow-control', respond: () => void message.respond() });
      case 'heartbeat':
        if (push.stalled !== undefined) {
          const reply = push.stalled;
          this.#enqueue({ operation: 'flow-control', respond: () => this.#target.connection.publish(reply) });
        }
        this.#revision = Math.max(this.#revision, push.streamSequence);
        // A server that waits for the reader has more to tell.
        if (push.stalled === undefined || session.caughtUp) this.#initialise();
        return;
      case 'delivery': {
        const { streamSequence: revision, pending } = push.delivery;
        const key = message.subject.slice(this.#target.prefix.length);
        this.#revision = Math.max(this.#revision, revision);
        if (session.isNew(revision)) {
          this.#enqueue(
            isDeletion(message.headers)
              ? { operation: 'delete', key, revision }
              : { operation: 'put', key, revision, value: message.data },
          );
        }
        if (pending === 0 || session.caughtUp) this.#initialise();
      }
    }
  }

  #initialise(): void {
    if (this.#initialised) return;
    this.#initialised = true;
    this.#enqueue({ operation: 'initialised', revision: this.#revision });
  }

  #reset(): void {
    this.#revision = 0;
    this.#initialised = false;
    this.#lastHeardMs = 0;
    this.#enqueue({ operation: 'reset' });
  }

  #enqueue(item: Queued): void {
    this.#queue.push(item);
    this.#wake();
  }
}

/** One consumer's life: keeps what comes before the answer to its making, and checks that nothing is missing. */
class Session {
  heardMs = Date.now();
  readonly #end: () => void;
  #early: Msg[] = [];
  #deliver: ((message: Msg) => void) | undefined;
  #last = 0;
  #initial = Number.POSITIVE_INFINITY;
  #broken = false;
  #streamSequence = 0;

  constructor(end: () => void) {
    this.#end = end;
  }

  /** As many messages were there when the consumer was made have come. */
  get caughtUp(): boolean {
    return this.#last >= this.#initial;
  }

  /**
   * Whether the message has not come before. In the place of a last value that was overwritten before it was delivered,
   * the server delivers the next message that there is, which comes again in its own place.
   */
  isNew(streamSequence: number): boolean {
    if (streamSequence <= this.#streamSequence) return false;
    this.#streamSequence = streamSequence;
    return true;
  }

  start(initial: number, deliver: (message: Msg) => void): void {
    this.#initial = initial;
    this.#deliver = deliver;
    for (const message of this.#early) deliver(message);
    this.#early = [];
  }

  receive(message: Msg): void {
    this.heardMs = Date.now();
    if (this.#deliver) this.#deliver(message);
    else this.#early.push(message);
  }

  /** What the message is; `other` from the first gap on, since the next session tells everything from there. */
  check(message: Msg): PushMessage {
    const push = pushMessageOf(message);
    if (push.kind === 'delivery' && push.delivery.deliverySequence !== this.#last + 1) this.#broken = true;
    if (push.kind === 'heartbeat' && push.deliverySequence !== this.#last) this.#broken = true;
    if (push.kind === 'delivery' && !this.#broken) this.#last = push.delivery.deliverySequence;
    if (!this.#broken) return push;
    this.#end();
    return { kind: 'other' };
  }
}
