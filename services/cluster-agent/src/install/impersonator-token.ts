import { Backoff, type Clock, systemClock } from '@drover/async';
import { agentNames } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { KubeClient } from '@drover/kube';
import type { Logger } from '@drover/telemetry';

/** What is asked for; the kube-apiserver may give less. */
const lifetimeSeconds = 3600;
/** A token is renewed when this part of its life is over, so that the kube-apiserver may be away for the rest. */
const renewAt = 0.8;
/** However wrong the two clocks are, a token is taken to live at least this long, and renewed no more often. */
const shortestLifeMs = 60_000;
const retry = { firstMs: 500, maxMs: 30_000 };
/** A token younger than this is not renewed for being refused: the next one would be refused as well. */
const refusedAfterMs = 5_000;
/** One TokenRequest that takes longer is given up and tried again. */
const requestTimeoutMs = 10_000;

type State =
  | { readonly is: 'absent' }
  | { readonly is: 'held'; readonly token: string; readonly sinceMs: number; readonly untilMs: number }
  | { readonly is: 'closed' };

export interface ImpersonatorTokenOptions {
  readonly kube: Pick<KubeClient, 'requestToken'>;
  readonly logger: Pick<Logger, 'warn'>;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/**
 * The token of the ServiceAccount `drover-impersonator`, the only credential that a user's request ever carries to the
 * kube-apiserver. It comes by TokenRequest and is renewed before it expires; where there is none, requests fail: they are
 * never sent with the kubeconfig's own credential (T3).
 */
export class ImpersonatorToken implements AsyncDisposable {
  readonly #kube: Pick<KubeClient, 'requestToken'>;
  readonly #logger: Pick<Logger, 'warn'>;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #abort = new AbortController();
  #state: State = { is: 'absent' };
  #cancelTimer: () => void = () => {};
  #renewing: Promise<void> | undefined;

  private constructor({ kube, logger, clock = systemClock, random = Math.random }: ImpersonatorTokenOptions) {
    this.#kube = kube;
    this.#logger = logger;
    this.#clock = clock;
    this.#backoff = new Backoff({ ...retry, random });
  }

  /** Gets the first token, or throws why there is none. */
  static async open(options: ImpersonatorTokenOptions & { readonly signal: AbortSignal }): Promise<ImpersonatorToken> {
    const opened = new ImpersonatorToken(options);
    opened.#take(await opened.#request(options.signal));
    return opened;
  }

  /**
   * The token as of now.
   *
   * @throws DroverError `cluster-unreachable` where it expired and no new one could be had
   */
  current(): string {
    if (this.#state.is === 'held' && this.#clock.now() < this.#state.untilMs) return this.#state.token;
    throw new DroverError('cluster-unreachable', 'the agent has no token of the impersonating ServiceAccount');
  }

  /**
   * For who saw the kube-apiserver answer 401 to `token`: its ServiceAccount may have been made anew. A renewal begins,
   * unless one is under way or a newer token is there already.
   */
  refused(token: string): void {
    const state = this.#state;
    if (state.is !== 'held' || state.token !== token) return;
    if (this.#clock.now() - state.sinceMs >= refusedAfterMs) this.#renew();
  }

  /** Stops the renewal and forgets the token. */
  async close(): Promise<void> {
    this.#state = { is: 'closed' };
    this.#cancelTimer();
    this.#abort.abort(new DroverError('internal', 'the agent stops'));
    await this.#renewing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #request(signal: AbortSignal): Promise<{ token: string; expiresAtMs: number }> {
    return this.#kube.requestToken(agentNames.namespace, agentNames.impersonator, {
      expirationSeconds: lifetimeSeconds,
      signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]),
    });
  }

  #take({ token, expiresAtMs }: { token: string; expiresAtMs: number }): void {
    const now = this.#clock.now();
    const lifeMs = Math.max(shortestLifeMs, Math.min(expiresAtMs - now, lifetimeSeconds * 1000));
    this.#state = { is: 'held', token, sinceMs: now, untilMs: now + lifeMs };
    this.#backoff.reset();
    this.#renewAfter(lifeMs * renewAt);
  }

  #renewAfter(delayMs: number): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(delayMs, () => this.#renew());
  }

  #renew(): void {
    if (this.#state.is === 'closed' || this.#renewing !== undefined) return;
    this.#renewing = this.#request(this.#abort.signal)
      .then(
        answer => {
          if (this.#state.is !== 'closed') this.#take(answer);
        },
        (err: unknown) => {
          if (this.#state.is === 'closed') return;
          const delayMs = this.#backoff.next();
          this.#logger.warn({ err, delayMs }, 'the impersonating account’s token could not be renewed');
          this.#renewAfter(delayMs);
        },
      )
      .finally(() => {
        this.#renewing = undefined;
      });
  }
}
