import type { IncomingHttpHeaders } from 'node:http';
import type { ApiFollower, ApiHeaders, ApiRequest, ApiResponse, Frame } from '@drover/apiserver';
import type { Clock } from '@drover/async';
import type { PlainAnswer, PlainListener } from '@drover/service-kit';

/** A plain request as the API reads it. */
export function plainRequest({
  method,
  target,
  headers: flat,
}: {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
}): ApiRequest {
  const headers: IncomingHttpHeaders = Object.create(null);
  for (let at = 0; at < flat.length; at += 2) {
    const name = flat[at] ?? '';
    const value = flat[at + 1] ?? '';
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return { method, target, headers, body: undefined };
}

/**
 * A longer body leaves in pieces, each when the client has taken the one before: else the whole of it would lie encrypted in
 * the connection's buffers, 15 MB for each client who reads a list of 10,000 objects.
 */
const pieceBytes = 256 * 1024;

/** The API's answer on the quick way. */
export class PlainResponse implements ApiResponse, PlainListener {
  readonly #reply: PlainAnswer;
  readonly #clock: Clock;
  #follower: ApiFollower | undefined;
  #begun = false;
  #gone = false;
  /** What of a whole body has not left. */
  #rest: Buffer | undefined;

  constructor(reply: PlainAnswer, clock: Clock) {
    this.#reply = reply;
    this.#clock = clock;
  }

  get begun(): boolean {
    return this.#begun;
  }

  get over(): boolean {
    return this.#gone;
  }

  send(status: number, headers: ApiHeaders, body?: Buffer): void {
    if (this.#begun || this.#gone) return;
    this.begin(status, headers);
    this.#rest = body;
    this.#pump();
  }

  follow(follower: ApiFollower): void {
    this.#follower = follower;
  }

  begin(status: number, headers: ApiHeaders): void {
    const flat = ['date', httpDate(this.#clock.now())];
    for (const name in headers) flat.push(name, String(headers[name]));
    this.#begun = true;
    this.#reply.head(status, flat);
  }

  write(frame: Frame): boolean {
    return this.#reply.framed(frame.chunk);
  }

  end(): void {
    if (!this.#gone) this.#reply.end();
  }

  cut(): void {
    this.#reply.cut();
  }

  gone(): void {
    this.#gone = true;
    this.#rest = undefined;
    this.#follower?.gone();
  }

  drained(): void {
    if (this.#rest !== undefined) this.#pump();
    else this.#follower?.drained();
  }

  #pump(): void {
    for (let room = true; this.#rest !== undefined; ) {
      if (!room) return;
      const rest = this.#rest;
      this.#rest = rest.length > pieceBytes ? rest.subarray(pieceBytes) : undefined;
      room = this.#reply.data(this.#rest === undefined ? rest : rest.subarray(0, pieceBytes));
    }
    this.#reply.end();
  }
}

let second = 0;
let text = '';

/** The time as HTTP writes it (RFC 9110 §5.6.7), made once a second. */
function httpDate(nowMs: number): string {
  const now = Math.floor(nowMs / 1000);
  if (now !== second || text === '') {
    second = now;
    text = new Date(nowMs).toUTCString();
  }
  return text;
}
