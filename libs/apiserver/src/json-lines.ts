import type { ServerResponse } from 'node:http';

/** A kept-open answer of one JSON value a line, at the pace at which the client reads it. */
export class JsonLines implements Disposable {
  readonly #response: ServerResponse;
  readonly #ended = new AbortController();
  readonly #end = (): void => this.#ended.abort();

  constructor(response: ServerResponse) {
    this.#response = response;
    response.on('close', this.#end).on('error', this.#end);
    if (response.destroyed) this.#end();
  }

  /** Aborts when the client has gone, or `end` was called. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Sends the head; later calls do nothing. */
  begin(): void {
    if (this.#response.headersSent || this.#ended.signal.aborted) return;
    this.#response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    this.#response.flushHeaders();
  }

  /** Resolves when the connection takes more, or the client has gone. */
  async write(value: unknown): Promise<void> {
    if (this.#ended.signal.aborted || this.#response.write(`${JSON.stringify(value)}\n`)) return;
    await new Promise<void>(resolve => {
      const go = (): void => {
        this.#response.off('drain', go);
        this.#ended.signal.removeEventListener('abort', go);
        resolve();
      };
      this.#response.on('drain', go);
      this.#ended.signal.addEventListener('abort', go);
    });
  }

  /** No more is to be written. */
  end(): void {
    this.#end();
  }

  [Symbol.dispose](): void {
    this.#end();
    this.#response.off('close', this.#end).off('error', this.#end);
    this.#response.end();
  }
}
