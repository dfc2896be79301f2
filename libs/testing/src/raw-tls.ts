import { type ConnectionOptions, connect } from 'node:tls';

/** A server that keeps its connection open has had its say after this long without a byte. */
const defaultQuietMs = 2_000;

/** How to speak raw. */
export interface RawOptions extends Pick<ConnectionOptions, 'ca' | 'servername' | 'ALPNProtocols'> {
  /** Gives up after this long without a byte; default 2 s. */
  readonly quietMs?: number;
  /** Closes as soon as this is true of what has come. */
  readonly until?: (received: string) => boolean;
}

/** What came back, byte for byte (latin1, so that nothing is changed). */
export interface RawAnswer {
  readonly text: string;
  /** `closed` by the other side, `quiet` with the connection still open, `reset` with an error, or `enough` (`until`). */
  readonly outcome: 'closed' | 'quiet' | 'reset' | 'enough';
}

/**
 * Writes bytes over TLS and returns what comes back: for requests that no HTTP client would send. Several `parts` are
 * written one after the other, each in a segment of its own.
 */
export function raw(
  host: string,
  port: number,
  parts: string | Buffer | readonly (string | Buffer)[],
  { quietMs = defaultQuietMs, until, ...tls }: RawOptions = {},
): Promise<RawAnswer> {
  return new Promise(resolve => {
    let text = '';
    const socket = connect({
      host,
      port,
      rejectUnauthorized: tls.ca !== undefined,
      ALPNProtocols: ['http/1.1'],
      ...tls,
    });
    const finish = (outcome: RawAnswer['outcome']): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, outcome });
    };
    const timer = setTimeout(() => finish('quiet'), quietMs);
    socket.setNoDelay(true);
    socket.on('secureConnect', () => {
      for (const part of [parts].flat()) socket.write(part);
    });
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      timer.refresh();
      if (until?.(text)) finish('enough');
    });
    socket.on('error', () => finish('reset'));
    socket.on('close', () => finish('closed'));
  });
}

/** The status codes of the HTTP/1.1 answers in `text`, in order: a smuggled request shows as one too many. */
export const statusCodes = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code));
