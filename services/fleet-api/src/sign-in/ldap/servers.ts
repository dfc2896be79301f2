import type { Clock } from '@drover/async';
import { DroverError } from '@drover/errors';
import { DirectoryConnection } from './connection.ts';

/** One server has so long for a whole conversation: a person waits, and there may be another server. */
const conversationMs = 8_000;
/** A server that failed is asked last for so long, so that not every sign-in waits for it. */
const restMs = 30_000;

export interface ServersOptions {
  /** The provider's name, for what is said of a failure. */
  readonly provider: string;
  readonly urls: readonly string[];
  readonly ca: string | undefined;
  readonly clock: Clock;
  /** A server failed, and why. */
  readonly onFailure: (url: string, error: unknown) => void;
}

/** The servers of one directory, tried in their order. */
export class DirectoryServers {
  readonly #options: ServersOptions;
  readonly #failedAtMs = new Map<string, number>();

  constructor(options: ServersOptions) {
    this.#options = options;
  }

  /**
   * Holds a conversation with the first server that can be talked to; one that fails in the middle is begun again with the
   * next. What the conversation throws of Drover's own ends it: another server would say the same.
   *
   * @throws DroverError `provider-unavailable` where no server answers
   */
  async converse<T>(signal: AbortSignal, run: (connection: DirectoryConnection) => Promise<T>): Promise<T> {
    const { provider, onFailure, clock } = this.#options;
    const failures: unknown[] = [];
    for (const url of this.#inOrder()) {
      try {
        const result = await this.#withServer(url, signal, run);
        this.#failedAtMs.delete(url);
        return result;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (error instanceof DroverError) throw error;
        this.#failedAtMs.set(url, clock.now());
        onFailure(url, error);
        failures.push(error);
      }
    }
    const cause = new AggregateError(failures, 'no server of the directory answers');
    throw new DroverError('provider-unavailable', `the provider ${provider} does not answer`, { cause });
  }

  #inOrder(): string[] {
    const now = this.#options.clock.now();
    const rests = (url: string): boolean => now - (this.#failedAtMs.get(url) ?? Number.NEGATIVE_INFINITY) < restMs;
    return [...this.#options.urls.filter(url => !rests(url)), ...this.#options.urls.filter(rests)];
  }

  async #withServer<T>(url: string, signal: AbortSignal, run: (connection: DirectoryConnection) => Promise<T>) {
    const { clock, ca } = this.#options;
    const late = new AbortController();
    const cancel = clock.after(conversationMs, () => late.abort(new Error(`no answer within ${conversationMs} ms`)));
    try {
      using connection = await DirectoryConnection.open({ url, ca, signal: AbortSignal.any([signal, late.signal]) });
      return await run(connection);
    } finally {
      cancel();
    }
  }
}
