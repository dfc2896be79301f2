import { DroverError } from '@drover/errors';
import { bodyLength } from '@drover/http1';

/**
 * Holds an answer's body to what its head has announced. A byte more would be read as the next answer on the caller's
 * connection: one cluster's agent could answer for another cluster, or for the hub (T7, T16). A byte less would leave the
 * caller waiting in the next answer for the rest of this one.
 */
export class AnswerBody {
  #due: number;
  readonly #counted: boolean;

  /** @throws DroverError `tunnel-protocol` where the head announces no length that can be relied on */
  constructor(method: string, { status, headers }: { readonly status: number; readonly headers: readonly string[] }) {
    const length = bodyLength(headers);
    if (Number.isNaN(length)) throw new DroverError('tunnel-protocol', 'the answer’s Content-Length is malformed');
    // RFC 9112 §6.3: these have no body, whatever length they name.
    const none = method === 'HEAD' || status === 204 || status === 304;
    this.#counted = none || length !== undefined;
    this.#due = none ? 0 : (length ?? 0);
  }

  /** Whether so many bytes more belong to the answer. */
  take(bytes: number): boolean {
    if (!this.#counted) return true;
    this.#due -= bytes;
    return this.#due >= 0;
  }

  /** Whether everything that was announced has come. */
  get complete(): boolean {
    return !this.#counted || this.#due === 0;
  }
}
