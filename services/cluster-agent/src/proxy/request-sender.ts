import { DroverError } from '@drover/errors';
import type { ClientConnection } from '@drover/http1';
import { bodyLength } from '@drover/http1';

/** What the sender needs of the stream that the request comes from. */
export interface BodySource {
  /** Bytes have been dealt with: the hub may send as many more. */
  grant(bytes: number): void;
}

/** `waiting`: for a connection; what comes is held, a window of the stream at most. `dropping`: nobody wants the rest. */
type State =
  | { readonly name: 'waiting'; readonly held: Buffer[] }
  | { readonly name: 'sending'; readonly connection: ClientConnection }
  | { readonly name: 'dropping' };

/**
 * Writes a request's body to a connection, framed as its head says, and gives the hub credit as the connection takes it. A
 * body of another length than its head says never reaches the connection: it would be read as another request (T16).
 */
export class RequestSender {
  readonly #source: BodySource;
  /** Whether the request has a body at all. */
  readonly hasBody: boolean;
  /** Bytes that are still due; undefined: the body goes out in chunks. */
  #due: number | undefined;
  #state: State = { name: 'waiting', held: [] };
  #ungranted = 0;
  #ended = false;

  /** `headers`: flat, lower-case names. */
  constructor(source: BodySource, headers: readonly string[], hasBody: boolean) {
    this.#source = source;
    this.hasBody = hasBody;
    this.#due = bodyLength(headers);
  }

  /** @throws DroverError `bad-request` where the head announces a body that will not come, or in a way that can be misread */
  check(): void {
    if (Number.isNaN(this.#due) || (!this.hasBody && (this.#due ?? 0) > 0)) {
      throw new DroverError('bad-request', 'the request’s Content-Length is not the length of its body');
    }
  }

  /** Whether the head must say `Transfer-Encoding: chunked`. */
  get chunked(): boolean {
    return this.hasBody && this.#due === undefined;
  }

  /** Where the body goes: the head has been sent. */
  to(connection: ClientConnection): void {
    const held = this.#state.name === 'waiting' ? this.#state.held : [];
    this.#state = { name: 'sending', connection };
    for (const chunk of held) this.#write(connection, chunk);
    if (this.#ended) this.#finish(connection);
  }

  /** The answer is there, or nobody waits for it: what still comes is dropped. */
  drop(): void {
    const held = this.#state.name === 'waiting' ? this.#state.held : [];
    this.#state = { name: 'dropping' };
    for (const chunk of held) this.#ungranted += chunk.length;
    this.drained();
  }

  /** @throws DroverError `bad-request` for more bytes than the head has announced */
  receive(chunk: Buffer): void {
    if (this.#due !== undefined) {
      this.#due -= chunk.length;
      if (this.#due < 0) throw new DroverError('bad-request', 'the body is longer than its Content-Length');
    }
    if (this.#state.name === 'waiting') this.#state.held.push(chunk);
    else if (this.#state.name === 'sending') this.#write(this.#state.connection, chunk);
    else this.#source.grant(chunk.length);
  }

  /** The connection takes more. */
  drained(): void {
    if (this.#ungranted === 0) return;
    this.#source.grant(this.#ungranted);
    this.#ungranted = 0;
  }

  /** The hub has sent everything. @throws DroverError `bad-request` where that is less than the head has announced */
  end(): void {
    if (!this.hasBody || this.#ended) return;
    this.#ended = true;
    if ((this.#due ?? 0) > 0) throw new DroverError('bad-request', 'the body is shorter than its Content-Length');
    if (this.#state.name === 'sending') this.#finish(this.#state.connection);
  }

  #write(connection: ClientConnection, chunk: Buffer): void {
    let room: boolean;
    if (this.chunked) {
      connection.write(`${chunk.length.toString(16)}\r\n`);
      connection.write(chunk);
      room = connection.write('\r\n');
    } else room = connection.write(chunk);
    if (room) this.#source.grant(chunk.length);
    else this.#ungranted += chunk.length;
  }

  #finish(connection: ClientConnection): void {
    if (this.chunked) connection.write('0\r\n\r\n');
    connection.finish();
  }
}
