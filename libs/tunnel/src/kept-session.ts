import { Backoff, type Clock, pause, systemClock } from '@drover/async';
import { commonFeatures, commonVersion, type Hello, type Join, readHandshake, type ServiceJoin } from './handshake.ts';
import type { Reset } from './reset.ts';
import { type SessionEvents, TunnelSession } from './session.ts';
import type { Transport } from './transport.ts';

/** What a kept session needs of its owner. */
export interface KeptSessionOptions {
  /**
   * Opens a transport to the peer; rejects when it cannot be reached or is not trusted. The signal is for dialling only:
   * it must not reach a transport that was opened, which may have to drain.
   */
  dial(signal: AbortSignal): Promise<Transport>;
  /** The answer to the acceptor's hello, without version and features; throws to leave (an untrusted hub). */
  join(hello: Hello): Omit<Join, 'version' | 'features'> | Omit<ServiceJoin, 'version' | 'features'>;
  /** Makes the handlers of a session that was admitted. */
  events(session: TunnelSession): Pick<SessionEvents, 'onOpen' | 'onIdentity'>;
  /** A CONTROL message of a session that is ready, of whatever feature: JSON, not yet validated. */
  onControl?(message: unknown): void;
  /** A session is ready. */
  onReady?(session: TunnelSession, sessionId: string): void;
  /** A session has ended, or could not be had; `retryMs` until the next try. */
  onLost?(reason: Reset | Error, retryMs: number): void;
  /** See {@link SessionEvents.onDefect}. */
  onDefect?(error: unknown): void;
  readonly backoff?: Backoff;
  readonly clock?: Clock;
}

/** First and longest pause between two tries to connect. */
const retry = { firstMs: 250, maxMs: 15_000 };

/**
 * Keeps one tunnel session to a peer: dials, shakes hands, and begins again with jittered backoff when it is lost,
 * until the signal aborts. Both sides that dial use it: agents to gateways, and the hub's services to gateways.
 */
export class KeptSession {
  readonly #options: KeptSessionOptions;
  readonly #backoff: Backoff;
  readonly #clock: Clock;
  readonly #stopped = new AbortController();
  readonly #done: Promise<void>;
  #session: TunnelSession | undefined;

  constructor(options: KeptSessionOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff(retry);
    this.#clock = options.clock ?? systemClock;
    this.#done = this.#keep();
  }

  /** The session, where one is ready. */
  get ready(): TunnelSession | undefined {
    return this.#session?.state.name === 'ready' ? this.#session : undefined;
  }

  /** Ends the session (streams in flight are lost) and tries no more. */
  async close(): Promise<void> {
    this.#stopped.abort();
    this.#session?.close('shutdown');
    await this.#done;
  }

  /** Takes no new streams, lets those in flight end, then closes; at the deadline closes anyhow. */
  async drain(deadlineMs: number): Promise<void> {
    this.#stopped.abort();
    this.#session?.drain();
    const over = new AbortController();
    await Promise.race([this.#done, pause(deadlineMs, over.signal, this.#clock).catch(() => {})]);
    over.abort();
    await this.close();
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      let reason: Reset | Error;
      try {
        reason = await this.#once(signal);
      } catch (error) {
        reason = error instanceof Error ? error : new Error(String(error));
      }
      if (signal.aborted) return;
      const retryMs = this.#backoff.next();
      this.#options.onLost?.(reason, retryMs);
      await pause(retryMs, signal, this.#clock).catch(() => {});
    }
  }

  /** One session from dial to end. */
  async #once(signal: AbortSignal): Promise<Reset> {
    const transport = await this.#options.dial(signal);
    return new Promise<Reset>((resolve, reject) => {
      let handlers: ReturnType<KeptSessionOptions['events']> | undefined;
      const needHandlers = (): ReturnType<KeptSessionOptions['events']> => {
        handlers ??= this.#options.events(session);
        return handlers;
      };
      const handshake = this.#handshake(error => {
        reject(error);
        session.close('not-admitted', 'the peer is not the one that was expected');
      });
      const { onDefect } = this.#options;
      const session: TunnelSession = new TunnelSession({
        transport,
        role: 'initiator',
        clock: this.#clock,
        events: {
          onControl: message => handshake(session, message),
          onOpen: (stream, payload, fin) => needHandlers().onOpen(stream, payload, fin),
          onIdentity: (number, assertion) => needHandlers().onIdentity(number, assertion),
          onState: state => {
            if (state.name === 'closed') resolve(state.reason);
          },
          ...(onDefect === undefined ? {} : { onDefect: (error: unknown) => onDefect.call(this.#options, error) }),
        },
      });
      this.#session = session;
      if (signal.aborted) session.close('shutdown');
    });
  }

  /** One handshake: hello, our answer, welcome. Messages of a session that is ready are of later features: the owner’s. */
  #handshake(distrust: (error: unknown) => void): (session: TunnelSession, raw: unknown) => void {
    let answered = false;
    return (session, raw) => {
      if (session.state.name !== 'handshake') return this.#options.onControl?.(raw);
      const message = readHandshake(raw);
      if (message?.type === 'hello' && !answered) {
        answered = true;
        const version = commonVersion(message.versions);
        if (version === undefined) {
          return session.close('version-unsupported', `the peer speaks ${message.versions.join(', ')}`);
        }
        let answer: ReturnType<KeptSessionOptions['join']>;
        try {
          answer = this.#options.join(message);
        } catch (error) {
          return distrust(error);
        }
        session.control({ ...answer, version, features: commonFeatures(message.features) });
      } else if (message?.type === 'welcome' && answered) {
        session.admit();
        this.#backoff.reset();
        this.#options.onReady?.(session, message.session);
      } else {
        session.close('protocol', 'a handshake message out of place');
      }
    };
  }
}
