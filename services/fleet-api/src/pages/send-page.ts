import type { FastifyReply } from 'fastify';
import { document, type Page } from './layout.ts';
import { styleSource } from './style.ts';

/** A year (RFC 6797). */
const strictTransportSeconds = 31_536_000;
/** Names by which other servers of the same machine are reached too, which may speak no TLS. */
const loopback = /^(localhost|127\.[\d.]+|\[::1\])$/;

/**
 * Sends a page, with the headers of all pages. `formTargets`: origins besides the hub's own that its forms may lead to, as
 * the redirect that answers a form counts for browsers.
 */
export function sendPage(
  reply: FastifyReply,
  hubUrl: string,
  page: Page,
  { status = 200, formTargets = [] }: { status?: number; formTargets?: readonly string[] } = {},
): FastifyReply {
  const { host } = new URL(hubUrl);
  pageHeaders(reply, hubUrl, formTargets);
  return reply.code(status).type('text/html; charset=utf-8').send(document(page, host));
}

/** The headers of all pages, and of the redirects between them. */
export function pageHeaders(reply: FastifyReply, hubUrl: string, formTargets: readonly string[] = []): void {
  const policy = [
    `default-src 'none'`,
    `style-src ${styleSource}`,
    'img-src data:',
    ['form-action', `'self'`, ...formTargets].join(' '),
    `base-uri 'none'`,
    `frame-ancestors 'none'`,
  ];
  reply.headers({
    'content-security-policy': policy.join('; '),
    'cache-control': 'no-store',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    // Forms carry the origin that they come from; other sites learn nothing.
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
  if (!loopback.test(new URL(hubUrl).hostname)) {
    reply.header('strict-transport-security', `max-age=${strictTransportSeconds}`);
  }
}
