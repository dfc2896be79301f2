import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Frame } from './watch-stream.ts';

/** A request as the API reads it, whatever carried it. */
export interface ApiRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Undefined: it has none. */
  readonly body: Readable | undefined;
}

/** The headers of an answer, names in lower case. */
export type ApiHeaders = Readonly<Record<string, string | number>>;

/** What happens to the client of an answer that is sent in lines. */
export interface ApiFollower {
  /** After `write` returned false: there is room again. */
  drained(): void;
  /** The client has left, or has got the answer to its end. May come more than once. */
  gone(): void;
}

/** Where an answer goes: whole by `send`, or line by line between `begin` and `end`. */
export interface ApiResponse {
  /** A head has been sent. */
  readonly begun: boolean;
  /** The client has left. */
  readonly over: boolean;
  /** Sends a whole answer, where none has begun. `body`: its length is among the headers. */
  send(status: number, headers: ApiHeaders, body?: Buffer): void;
  follow(follower: ApiFollower): void;
  begin(status: number, headers: ApiHeaders): void;
  /** False: the connection holds what the client has not read. */
  write(frame: Frame): boolean;
  end(): void;
  /** Breaks off what has begun, so that it cannot look whole (T24). */
  cut(): void;
}
