import type { Socket } from 'node:net';
import { type PlainRequest, parsePlainRequest } from '@drover/http1';
import { type PlainAnswer, PlainReply } from './plain-reply.ts';

/** Who answers a plain request, while he does. */
export interface PlainListener {
  /** The client has gone. */
  gone(): void;
  /** After `data` returned false: the connection takes more. */
  drained(): void;
}

/** Answers a plain request; undefined: it is answered already. */
export type PlainHandler = (
  request: PlainRequest,
  reply: PlainAnswer,
  sourceAddress: string,
) => PlainListener | undefined;

/** What a {@link PlainConnection} is given. */
export interface PlainConnectionOptions {
  readonly maxHeadBytes: number;
  readonly idleTimeoutMs: number;
  /** What a client may send ahead of an answer; one that sends more is cut off. */
  readonly maxAheadBytes: number;
  /** Who answers a request target; undefined: it is for node:http. */
  handlerOf(target: string): PlainHandler | undefined;
  /** Gives the connection to node:http, for ever; `unread` is what was read of it. */
  handOver(unread: Buffer): void;
  onGone(): void;
}

/**
 * `reading`: the next request is awaited. `answering`: one is being answered; `ahead` came meanwhile. `left`: the connection
 * is node:http's, or ends.
 */
type State =
  | { readonly name: 'reading' }
  | { readonly name: 'answering'; listener: PlainListener | undefined; ahead: Buffer | undefined }
  | { readonly name: 'left' };

/**
 * A client's HTTP/1.1 connection while its requests are plain (GETs without a body, as a rule) and come one after another. The
 * first that is anything else, or that is sent ahead of an answer, is given to node:http together with the connection, before
 * anything was made of it. node:http's objects for one request and its answer cost more than all that the hub does for it
 * (docs/adr/0005).
 */
export class PlainConnection {
  readonly #socket: Socket;
  readonly #options: PlainConnectionOptions;
  readonly #address: string;
  #state: State = { name: 'reading' };
  #closing = false;

  constructor(socket: Socket, options: PlainConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#address = socket.remoteAddress ?? '';
    socket.setTimeout(options.idleTimeoutMs);
    this.#listen('on');
  }

  /** Closes it when nothing is being answered, else after the answer. */
  close(): void {
    this.#closing = true;
    if (this.#state.name === 'reading') this.#leave();
  }

  /** `off`: the connection is another's from now on. */
  #listen(how: 'on' | 'off'): void {
    this.#socket[how]('data', this.#onData);
    this.#socket[how]('drain', this.#onDrain);
    this.#socket[how]('end', this.#onEnd);
    this.#socket[how]('timeout', this.#onTimeout);
    this.#socket[how]('error', this.#onError);
    this.#socket[how]('close', this.#onClose);
  }

  readonly #onData = (chunk: Buffer): void => {
    const state = this.#state;
    if (state.name === 'answering') {
      state.ahead = state.ahead === undefined ? chunk : Buffer.concat([state.ahead, chunk]);
      // Not paused: the end of a paused connection would not be noticed (T22).
      if (state.ahead.length > this.#options.maxAheadBytes) this.#socket.destroy();
    } else if (state.name === 'reading') {
      // Who asks again without having read the answer is node:http's, which waits for such clients.
      if (this.#socket.writableNeedDrain) this.#handOver(chunk);
      else this.#serve(chunk);
    }
  };
  readonly #onDrain = (): void => {
    if (this.#state.name === 'answering') this.#state.listener?.drained();
  };
  /** As node:http does: who has ended his side does not wait for an answer. */
  readonly #onEnd = (): void => {
    this.#forget();
    this.#socket.destroySoon();
  };
  readonly #onTimeout = (): void => {
    if (this.#state.name !== 'answering') this.#socket.destroy();
  };
  readonly #onError = (): void => void this.#socket.destroy();
  readonly #onClose = (): void => {
    this.#forget();
    this.#options.onGone();
  };

  /** Serves the request at the beginning of `chunk`. */
  #serve(chunk: Buffer): void {
    const request = parsePlainRequest(chunk, 0, this.#options.maxHeadBytes);
    const handler = request && this.#options.handlerOf(request.target);
    if (request === undefined || handler === undefined) return this.#handOver(chunk);
    const ahead = request.bytes < chunk.length ? chunk.subarray(request.bytes) : undefined;
    const answering: State = { name: 'answering', listener: undefined, ahead };
    this.#state = answering;
    const reply = new PlainReply(this.#socket, request.method, () => this.#answered());
    answering.listener = handler(request, reply, this.#address);
  }

  #answered(): void {
    if (this.#state.name !== 'answering') return;
    const { ahead } = this.#state;
    this.#state = { name: 'reading' };
    if (this.#closing) this.#leave();
    else if (ahead !== undefined) this.#handOver(ahead);
  }

  #handOver(unread: Buffer): void {
    this.#state = { name: 'left' };
    this.#listen('off');
    this.#socket.setTimeout(0);
    this.#options.onGone();
    this.#options.handOver(unread);
  }

  /** Ends the connection; a request that crosses the end is not carried out, so that the client may repeat it. */
  #leave(): void {
    this.#state = { name: 'left' };
    this.#socket.end();
  }

  /** The client has gone. */
  #forget(): void {
    const { listener } = this.#state.name === 'answering' ? this.#state : { listener: undefined };
    this.#state = { name: 'left' };
    listener?.gone();
  }
}
