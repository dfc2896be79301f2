import type { DroverError } from '@drover/errors';

/** The caller's side of an exchange, whatever HTTP version it speaks. */
export interface Reply {
  /** Headers are flat, with lower-case names. */
  head(status: number, headers: string[]): void;
  /** False: wait for the exchange's `drained` to be called before more is sent. `last`: `end` follows at once. */
  data(chunk: Buffer, last: boolean): boolean;
  end(): void;
  /** What was sent is not whole: the caller must see a broken transfer (T24). */
  cut(): void;
  /** Answers with an error; only before `head`. */
  refuse(error: DroverError): void;
}
