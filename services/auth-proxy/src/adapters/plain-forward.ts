import { DroverError } from '@drover/errors';
import { type ClientConnection, type ConnectionPool, type ConnectionUser, writeHead } from '@drover/http1';
import type { PlainAnswer, PlainListener } from '@drover/service-kit';
import { answerHeaders } from '@drover/tunnel';
import type { PlainHubRequest } from './hub-api.ts';

/** Methods that may be sent once more where a kept connection was closed as the request went out (RFC 9110 §9.2.1). */
const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** A plain request to fleet-api over a connection of its own, and the way back of the answer. */
export class PlainForward implements ConnectionUser, PlainListener {
  readonly #pool: Pick<ConnectionPool, 'take'>;
  readonly #method: string;
  readonly #head: string;
  readonly #answer: PlainAnswer;
  #connection: ClientConnection | undefined;
  #begun = false;
  #over = false;

  /** Throws `bad-request` where HTTP cannot carry the headers. */
  constructor(pool: Pick<ConnectionPool, 'take'>, request: PlainHubRequest, host: string, answer: PlainAnswer) {
    const { method, target, headers } = request;
    this.#pool = pool;
    this.#method = method;
    this.#head = writeHead(`${method} ${target} HTTP/1.1`, ['host', host, ...headers]);
    this.#answer = answer;
  }

  start(): void {
    this.#send(false);
  }

  #send(fresh: boolean): void {
    this.#connection = this.#pool.take(fresh);
    this.#connection.begin(this, this.#method, this.#head, true);
  }

  // What the connection tells.

  onAnswerHead(status: number, headers: string[]): void {
    this.#begun = true;
    this.#answer.head(status, answerHeaders(headers));
  }

  onAnswerBody(chunk: Buffer): void {
    if (!this.#over && !this.#answer.data(chunk)) this.#connection?.pause();
  }

  onAnswerEnd(): void {
    this.#over = true;
    this.#connection?.resume();
    this.#answer.end();
  }

  onConnectionLost(cause: Error): void {
    if (this.#over) return;
    if (this.#begun) {
      this.#over = true;
      return this.#answer.cut();
    }
    if (this.#connection?.used === true && safe.has(this.#method)) return this.#send(true);
    this.#over = true;
    this.#answer.refuse(new DroverError('store-unavailable', 'the hub’s API cannot be reached; try again', { cause }));
  }

  onWritable(): void {}

  // What the caller's connection tells.

  gone(): void {
    if (this.#over) return;
    this.#over = true;
    this.#connection?.destroy();
  }

  drained(): void {
    this.#connection?.resume();
  }
}
