import type { Socket } from 'node:net';
import { ResponseReader, type ResponseSink } from './response-reader.ts';

/** Who has a connection for one request and its answer. */
export interface ConnectionUser {
  onAnswerHead(status: number, headers: string[]): void;
  /** A view of what was read. */
  onAnswerBody(chunk: Buffer): void;
  onAnswerEnd(): void;
  /** The connection went away before the answer was whole, or what came was no answer. */
  onConnectionLost(error: Error): void;
  /** After `write` returned false: there is room again. */
  onWritable(): void;
}

/** What becomes of a connection. */
export interface ConnectionOwner {
  /** Its answer was whole, and another request may follow. */
  onFree(connection: ClientConnection): void;
  onGone(connection: ClientConnection): void;
}

/**
 * `free`: no request. `busy`: a request is out, its answer is not whole; `sent`: all of the request. `gone`: closed.
 */
type State =
  | { readonly name: 'free' }
  | { readonly name: 'busy'; readonly user: ConnectionUser; sent: boolean }
  | { readonly name: 'gone' };

const free: State = Object.freeze({ name: 'free' });
const gone: State = Object.freeze({ name: 'gone' });

/** A client's HTTP/1.1 connection, one request at a time. */
export class ClientConnection implements ResponseSink {
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #reader: ResponseReader;
  #state: State = free;
  /** A head that waits for the first bytes of its body. */
  #head = '';
  #served = 0;

  constructor(socket: Socket, owner: ConnectionOwner, maxHeadBytes: number) {
    this.#socket = socket;
    this.#owner = owner;
    this.#reader = new ResponseReader(this, maxHeadBytes);
    let failure: Error | undefined;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('drain', () => this.#state.name === 'busy' && this.#state.user.onWritable());
    socket.on('end', () => this.#ended());
    socket.on('error', error => {
      failure ??= error;
    });
    socket.on('close', () => this.#lost(failure ?? new Error('the server closed the connection')));
  }

  /** Whether an answer has come over it: one that a server may close at any time as idle. */
  get used(): boolean {
    return this.#served > 0;
  }

  /**
   * Sends a request's head, `complete` where nothing follows; else it leaves with the first bytes of the body, so that the
   * server sees nothing of a request that turns out to be malformed at once.
   */
  begin(user: ConnectionUser, method: string, head: string, complete: boolean): void {
    this.#state = { name: 'busy', user, sent: complete };
    this.#reader.expect(method);
    if (complete) this.#socket.write(head, 'latin1');
    else this.#head = head;
  }

  /** Whether not a byte of the request has left: it may be sent on another connection. */
  get withheld(): boolean {
    return this.#head !== '';
  }

  /** Sends more of the request. False: wait for `onWritable`. */
  write(chunk: Buffer | string): boolean {
    if (this.#state.name !== 'busy' || this.#state.sent) return true;
    if (this.#head === '') return this.#socket.write(chunk);
    this.#socket.cork();
    this.#sendHead();
    const room = this.#socket.write(chunk);
    this.#socket.uncork();
    return room;
  }

  /** All of the request was written. */
  finish(): void {
    if (this.#state.name !== 'busy') return;
    this.#sendHead();
    this.#state.sent = true;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Closes it at once; its user hears nothing more. */
  destroy(): void {
    this.#become(gone);
    this.#socket.destroy();
  }

  onHead(status: number, headers: string[]): void {
    if (this.#state.name === 'busy') this.#state.user.onAnswerHead(status, headers);
  }

  onBody(chunk: Buffer): void {
    if (this.#state.name === 'busy') this.#state.user.onAnswerBody(chunk);
  }

  onEnd(reusable: boolean): void {
    if (this.#state.name !== 'busy') return;
    const { user, sent } = this.#state;
    this.#served++;
    // An answer before the request's end: what is still to come of it would be read as the next request.
    const mayFollow = reusable && sent;
    if (mayFollow) this.#become(free);
    else this.destroy();
    user.onAnswerEnd();
    if (mayFollow) this.#owner.onFree(this);
  }

  #sendHead(): void {
    if (this.#head !== '') this.#socket.write(this.#head, 'latin1');
    this.#head = '';
  }

  #read(chunk: Buffer): void {
    if (this.#state.name === 'gone') return;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#lost(error as Error);
      this.#socket.destroy();
    }
  }

  #ended(): void {
    if (this.#state.name === 'gone') return;
    try {
      this.#reader.end();
      this.#become(gone); // from now on, and not only when it is closed, nobody may take it
    } catch (error) {
      this.#lost(error as Error);
    }
    this.#socket.destroy();
  }

  #lost(error: Error): void {
    const { user } = this.#state.name === 'busy' ? this.#state : { user: undefined };
    this.#become(gone);
    user?.onConnectionLost(error);
  }

  #become(next: State): void {
    if (this.#state.name === 'gone') return;
    this.#state = next;
    if (next.name === 'gone') this.#owner.onGone(this);
  }
}
