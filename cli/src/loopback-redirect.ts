import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DroverError } from '@drover/errors';

/** Where a browser comes back to after a sign-in (RFC 8252, 7.3): this machine's loopback, at a port of the moment. */
export interface LoopbackRedirect extends AsyncDisposable {
  readonly uri: string;
  /** What the browser asked for when it came back with this state. Rejects when the signal is aborted. */
  answer(state: string, signal: AbortSignal): Promise<URL>;
}

const path = '/callback';
/** A browser sends one request; nothing else has business here. */
const maxConnections = 16;

export async function openLoopbackRedirect(): Promise<LoopbackRedirect> {
  const came = Promise.withResolvers<URL>();
  let expected: string | undefined;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', uri);
    if (request.method !== 'GET' || url.pathname !== path) return page(response, 404, 'There is nothing here.');
    // Another program on this machine may knock: it ends nobody's sign-in.
    if (expected === undefined || url.searchParams.get('state') !== expected) {
      return page(response, 400, 'This is not the sign-in that drover waits for.');
    }
    const denied = url.searchParams.has('error');
    page(response, 200, denied ? 'You are not signed in.' : 'You are signed in. You may close this window.');
    response.once('close', () => came.resolve(url));
  });
  server.maxConnections = maxConnections;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  return {
    uri,
    answer: async (state, signal) => {
      expected = state;
      const ended = Promise.withResolvers<never>();
      const onAbort = (): void => ended.reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        signal.throwIfAborted();
        return await Promise.race([came.promise, ended.promise]);
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The code in the address goes nowhere from here: no script, no image, no referrer. */
function page(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(
    `<!doctype html><html lang="en"><meta name="color-scheme" content="light dark"><title>Drover</title><p>${text}</p></html>\n`,
  );
}

/** Nobody came back in time. */
export const notInTime = (hub: string, minutes: number): DroverError =>
  new DroverError(
    'unauthenticated',
    `nobody signed in at ${hub} within ${minutes} minutes; run \`drover login ${hub}\``,
  );
