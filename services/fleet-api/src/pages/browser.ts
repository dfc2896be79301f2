import { createHash, randomBytes } from 'node:crypto';
import type { User } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sameHash } from '../domain/same-hash.ts';
import { tellAudit } from '../routes/audit-notes.ts';
import { sourceAddress } from '../routes/context.ts';
import type { SessionFacts } from '../sign-in/credentials.ts';
import type { IssuedSession, LoginSessions, Visitor } from '../sign-in/login-sessions.ts';

/** `__Host-`: of this host alone, over TLS alone, so that no other site of the domain can plant one (RFC 6265bis, 4.1.3). */
export const cookieNames = Object.freeze({
  session: '__Host-drover-session',
  /** A secret of the browser, whoever uses it: forms and ways to a provider are bound to it. */
  browser: '__Host-drover-browser',
});
const cookieOptions = { path: '/', secure: true, httpOnly: true, sameSite: 'lax' } as const;

/** Who has signed in in a browser. */
export interface BrowserSession {
  readonly facts: SessionFacts;
  readonly holder: User;
}

/** The fields of a form, each once. */
export type Form = Readonly<Record<string, string | undefined>>;

/** The browser's secret; made where it has none yet. */
export function browserSecret(request: FastifyRequest, reply: FastifyReply): string {
  const known = knownSecret(request);
  if (known !== undefined) return known;
  return newSecret(reply);
}

/** Its secret, as far as it has one. */
export function knownSecret(request: FastifyRequest): string | undefined {
  const known = request.cookies[cookieNames.browser];
  return known !== undefined && /^[\w-]{43}$/.test(known) ? known : undefined;
}

function newSecret(reply: FastifyReply): string {
  const secret = randomBytes(32).toString('base64url');
  reply.setCookie(cookieNames.browser, secret, cookieOptions);
  return secret;
}

/** What forms of this browser carry: a hash, so that a page never holds the cookie itself. */
export const formTokenOf = (secret: string): string =>
  createHash('sha256').update(`form\n${secret}`).digest('base64url');

/**
 * A form that one of the hub's own pages sent from this browser; every other is refused before anything is done, a sign-in
 * too (T10, login CSRF). Throws `forbidden`.
 */
export function requireForm(request: FastifyRequest): Form {
  const form = request.body instanceof URLSearchParams ? Object.fromEntries(request.body) : {};
  const secret = knownSecret(request);
  const site = request.headers['sec-fetch-site'];
  const isOwn =
    (site === undefined || site === 'same-origin') &&
    secret !== undefined &&
    sameHash(form['form'] ?? '', formTokenOf(secret));
  if (!isOwn) throw new DroverError('forbidden', 'this page is too old, or the form came from elsewhere; try again');
  return form;
}

/** Who has signed in in this browser; undefined: nobody, or not any more. */
export async function browserSession(
  sessions: LoginSessions,
  request: FastifyRequest,
): Promise<BrowserSession | undefined> {
  const credential = request.cookies[cookieNames.session];
  if (credential === undefined) return undefined;
  try {
    const { holder, ...facts } = await sessions.verify(credential);
    sessions.touch(facts);
    return { facts, holder };
  } catch (error) {
    if (DroverError.from(error).entry.httpStatus === 401) return undefined;
    throw error;
  }
}

/** Signs the browser in. Its secret becomes another: whoever knew the old one has no part in what follows. */
export function keepSession(reply: FastifyReply, issued: IssuedSession, nowMs: number): void {
  const maxAge = Math.max(1, Math.floor((issued.endsAtMs - nowMs) / 1000));
  reply.setCookie(cookieNames.session, issued.session, { ...cookieOptions, maxAge });
  newSecret(reply);
}

/** Signs the browser out. */
export function dropSession(reply: FastifyReply): void {
  reply.clearCookie(cookieNames.session, cookieOptions);
  newSecret(reply);
}

/** From where and with what a request comes. */
export const visitorOf = (request: FastifyRequest, client: Visitor['client']): Visitor => ({
  client,
  userAgent: request.headers['user-agent'] ?? '',
  source: sourceAddress(request),
  note: note => tellAudit(request, note),
});
