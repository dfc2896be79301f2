import { connect, type TLSSocket } from 'node:tls';
import { eventually } from '@drover/testing';
import type { TestHub } from './hub.ts';

/** A TLS connection to the front door on which a test writes whatever it likes. */
export interface RawConnection extends Disposable {
  readonly socket: TLSSocket;
  /** What came, latin1. */
  received(): string;
  /** Whether the other side has closed it. */
  closed(): boolean;
  write(bytes: string): void;
  /** Resolves when `pattern` has come. */
  until(pattern: RegExp): Promise<string>;
}

export async function openRaw(hub: Pick<TestHub, 'ca'>, door: string): Promise<RawConnection> {
  const socket = connect({
    host: '127.0.0.1',
    port: Number(new URL(door).port),
    ca: hub.ca,
    ALPNProtocols: ['http/1.1'],
  });
  let text = '';
  let closed = false;
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  socket.once('close', () => {
    closed = true;
  });
  await new Promise(resolve => socket.once('secureConnect', resolve));
  return {
    socket,
    received: () => text,
    closed: () => closed,
    write: bytes => void socket.write(bytes, 'latin1'),
    until: pattern =>
      eventually(() => {
        if (pattern.test(text)) return text;
        if (closed) throw new Error(`closed after ${JSON.stringify(text)}`);
        return undefined;
      }),
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** The head of a request that asks to switch protocols. */
export const upgradeHead = (
  target: string,
  token: string,
  { method = 'POST', protocol = 'SPDY/3.1', more = [] }: { method?: string; protocol?: string; more?: string[] } = {},
): string =>
  [
    `${method} ${target} HTTP/1.1`,
    'host: hub',
    `authorization: Bearer ${token}`,
    'connection: Upgrade',
    `upgrade: ${protocol}`,
    ...more,
    '',
    '',
  ].join('\r\n');
