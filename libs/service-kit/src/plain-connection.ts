import type { Socket } from 'node:net';
import { type PlainRequest, parsePlainRequest } from '@drover/http1';
import { PlainReply } from './plain-reply.ts';

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
  reply: PlainReply,
  sourceAddress: string,
) => PlainListener | undefined;

/** What a {@link PlainConnection} is given. */
export interface PlainConnectionOptions {
  readonly maxHeadBytes: number;
  readonly idleTimeoutMs: number;
  /** What a client may send ahead of its answers before it is read no more. */
  readonly maxAheadBytes: number;
  /** Who answers a request target; undefined: it is for node:http. */
  handlerOf(target: string): PlainHandler | undefined;
  /** Gives the connection to node:http, for ever; `unread` is what was read of it. */
  handOver(unread: Buffer): void;
  onGone(): void;
}

/**
 * A client's HTTP/1.1 connection while its requests are plain (GETs without a body, as a rule). The first that is anything
 * else is given to node:http together with the connection, before anything was made of it. node:http's objects for one
 * request and its answer cost more than all that the hub does for it (docs/adr/0005).
 */
export class PlainConnection {
  readonly #socket: Socket;
  readonly #options: PlainConnectionOptions;
  readonly #address: string;
  #busy = false;
  #listener: PlainListener | undefined;
  /** What came while a request is being answered. */
  #ahead: Buffer | undefined;
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
    if (!this.#busy) this.#socket.end();
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

  readonly #onData = (chunk: Buffer): void => this.#read(chunk);
  readonly #onDrain = (): void => this.#listener?.drained();
  /** As node:http does: who has ended his side does not wait for an answer. */
  readonly #onEnd = (): void => void this.#socket.end(() => this.#socket.destroy());
  readonly #onTimeout = (): void => {
    if (!this.#busy) this.#socket.destroy();
  };
  readonly #onError = (): void => void this.#socket.destroy();
  readonly #onClose = (): void => this.#gone();

  #read(chunk: Buffer): void {
    if (!this.#busy) return this.#serve(chunk);
    this.#ahead = this.#ahead === undefined ? chunk : Buffer.concat([this.#ahead, chunk]);
    if (this.#ahead.length > this.#options.maxAheadBytes) this.#socket.pause();
  }

  /** Serves the request at the beginning of `chunk`. */
  #serve(chunk: Buffer): void {
    const request = parsePlainRequest(chunk, 0, this.#options.maxHeadBytes);
    const handler = request && this.#options.handlerOf(request.target);
    if (request === undefined || handler === undefined) return this.#handOver(chunk);
    if (request.bytes < chunk.length) this.#ahead = chunk.subarray(request.bytes);
    this.#busy = true;
    const reply = new PlainReply(this.#socket, request.method, () => this.#answered());
    const listener = handler(request, reply, this.#address);
    if (this.#busy) this.#listener = listener;
  }

  #answered(): void {
    this.#busy = false;
    this.#listener = undefined;
    if (this.#closing) return void this.#socket.end();
    const ahead = this.#ahead;
    if (ahead === undefined) return;
    this.#ahead = undefined;
    // Not at once: a client that has sent a thousand requests must not grow the stack by them.
    setImmediate(() => {
      if (this.#socket.destroyed) return;
      this.#socket.resume();
      this.#read(ahead);
    });
  }

  #handOver(unread: Buffer): void {
    this.#listen('off');
    this.#socket.setTimeout(0);
    this.#options.onGone();
    this.#options.handOver(unread);
  }

  #gone(): void {
    this.#busy = false;
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.gone();
    this.#options.onGone();
  }
}
