import { type ErrorCode, type ErrorEntry, errorTable } from './table.ts';

/** What an error carries besides its code. */
export interface DroverErrorOptions {
  /** The foreign error that this one was made from, at the adapter. */
  readonly cause?: unknown;
  /** Facts for programs and logs (never secrets). */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The one error class. The message says what was wrong, where, and what to do; the code says which row of the table.
 *
 * @example
 * throw new DroverError('cluster-unknown', `no cluster is named ${name}`, { details: { name } });
 */
export class DroverError extends Error {
  override readonly name = 'DroverError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message?: string, options: DroverErrorOptions = {}) {
    super(message ?? errorTable[code].meaning, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  /** The table's row for this error's code. */
  get entry(): ErrorEntry {
    return errorTable[this.code];
  }

  /** The given value as a DroverError; anything foreign becomes `internal` (or `fallback`) with its cause kept. */
  static from(value: unknown, fallback: ErrorCode = 'internal'): DroverError {
    if (value instanceof DroverError) return value;
    return new DroverError(fallback, value instanceof Error ? value.message : String(value), { cause: value });
  }
}
