import { type DestinationStream, destination, type Logger, pino, stdSerializers } from 'pino';
import { maskFields, maskText } from './mask.ts';

export type { Logger } from 'pino';

/** How much is logged, from least to most. */
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  /** The service or part that speaks. */
  readonly name: string;
  /** Default `info`. */
  readonly level?: LogLevel;
  /** Where the lines go; default: standard error, since standard output belongs to answers (`drover … -o json`). */
  readonly destination?: DestinationStream;
}

const stderr = 2;

/**
 * A logger that writes one JSON object a line and masks credentials (T19): by field name before a value is made text,
 * and by form in the finished line, so that no message, stack or nested error carries one out.
 *
 * @example
 * const log = createLogger({ name: 'auth-proxy', level: 'info' });
 * log.warn({ err, cluster: 'alpha' }, 'the tunnel broke');
 */
export function createLogger({ name, level = 'info', destination: target }: LoggerOptions): Logger {
  const fields = (value: object): Record<string, unknown> =>
    Object.fromEntries(Object.entries(maskFields(value) as object));
  const error = (value: unknown): unknown => (value instanceof Error ? maskFields(stdSerializers.err(value)) : value);
  return pino(
    {
      name,
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }), log: fields },
      serializers: { err: error, error },
      hooks: { streamWrite: maskText },
    },
    // Synchronous: the last line before a crash is the one that matters, and nothing logs on the data path.
    target ?? destination({ dest: stderr, sync: true }),
  );
}
