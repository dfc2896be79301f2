import { Readable } from 'node:stream';
import type { TunnelStream } from '@drover/tunnel';

/** A stream's incoming bytes as a request's body: credit goes back to the sender as the body is read. */
export class RequestBody extends Readable {
  readonly #stream: TunnelStream;
  #ungranted = 0;

  constructor(stream: TunnelStream) {
    super();
    this.#stream = stream;
  }

  /** Bytes came. */
  receive(chunk: Buffer): void {
    if (this.push(chunk)) this.#stream.grant(chunk.length);
    else this.#ungranted += chunk.length;
  }

  override _read(): void {
    if (this.#ungranted === 0) return;
    this.#stream.grant(this.#ungranted);
    this.#ungranted = 0;
  }
}
