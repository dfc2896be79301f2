import { DroverError } from '@drover/errors';

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A browser sends its cookie by itself, whatever page asks it to: a request that a cookie authenticates, and that may
 * change something or opens a stream, must come from a page of this very host (T12; WebSocket is not bound by CORS).
 *
 * @throws DroverError `forbidden`
 */
export function requireSameOrigin(
  { method, upgrade }: { readonly method: string; readonly upgrade: boolean },
  { origin, host }: { readonly origin: string | undefined; readonly host: string | undefined },
): void {
  if (!upgrade && safeMethods.has(method)) return;
  if (origin !== undefined && host !== undefined && origin.toLowerCase() === `https://${host.toLowerCase()}`) return;
  throw new DroverError('forbidden', 'a request by the browser’s session must come from a page of the hub');
}
