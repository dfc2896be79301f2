import { DroverError } from '@drover/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { limitedByAddress } from '../routes/address-limits.ts';
import type { RouteParts } from '../routes/context.ts';
import { cliClient, type Grantor } from '../sign-in/oauth-grants.ts';
import { toLogin } from './account-routes.ts';
import { authorizePage, deviceConfirmPage, devicePage } from './allow-pages.ts';
import { type BrowserSession, browserSecret, browserSession, formTokenOf, requireForm } from './browser.ts';
import { messagePage } from './layout.ts';
import { pageHeaders, sendPage } from './send-page.ts';

/** What the command line asks for; texts of a query or a form. */
interface Asked {
  readonly redirectUri: string;
  readonly state: string;
  readonly challenge: string;
}

/** A loopback address, a port and this path (RFC 8252, 7.3): nothing of the network gets a code. */
const loopbackUri = /^http:\/\/(127\.0\.0\.1|\[::1\]):[1-9]\d{0,4}\/callback$/;
/** SHA-256 in base64url (RFC 7636, 4.2). */
const challengeForm = /^[\w-]{43}$/;
const maxStateLength = 512;

const closeIt = 'You can close this window.';
const noCode = 'No machine shows this code. Codes are good for ten minutes, and once.';

/** Where a person allows the command line to act as himself: on this computer, or on one without a browser. */
export function allowRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { hub, sessions, grants, logger } = parts;

  app.get<{ Querystring: Record<string, unknown> }>('/v1/oauth/authorize', async (request, reply) => {
    const asked = readAsked(request.query);
    const session = await browserSession(sessions, request);
    const { provider } = request.query;
    if (session === undefined) {
      return toLogin(parts, reply, request.url, typeof provider === 'string' ? provider : undefined);
    }
    const page = authorizePage({
      user: session.facts.user,
      formToken: formTokenOf(browserSecret(request, reply)),
      fields: { redirect_uri: asked.redirectUri, state: asked.state, code_challenge: asked.challenge },
    });
    return sendPage(reply, hub.url, page, { formTargets: [new URL(asked.redirectUri).origin] });
  });

  app.post('/v1/oauth/authorize', async (request, reply) => {
    const form = requireForm(request);
    const asked = readAsked({ ...form, response_type: 'code', client_id: cliClient, code_challenge_method: 'S256' });
    const session = await browserSession(sessions, request);
    if (session === undefined) throw new DroverError('unauthenticated', 'your session has ended; sign in again');
    const target = new URL(asked.redirectUri);
    if (form['decision'] === 'allow') {
      const grantor = await grantorOf(parts, session);
      const { redirectUri, challenge } = asked;
      target.searchParams.set('code', await grants.code(grantor, { redirectUri, challenge }));
    } else target.searchParams.set('error', 'access_denied');
    if (asked.state !== '') target.searchParams.set('state', asked.state);
    target.searchParams.set('iss', hub.url); // RFC 9207
    pageHeaders(reply, hub.url, [target.origin]);
    return reply.redirect(target.href, 303);
  });

  app.get<{ Querystring: { user_code?: unknown } }>('/device', async (request, reply) => {
    const session = await browserSession(sessions, request);
    if (session === undefined) return toLogin(parts, reply, request.url);
    const page = devicePage({
      user: session.facts.user,
      formToken: formTokenOf(browserSecret(request, reply)),
      userCode: codeText(request.query.user_code),
    });
    return sendPage(reply, hub.url, page);
  });

  app.post('/device', limitedByAddress, async (request, reply) => {
    const form = requireForm(request);
    const session = await requireSession(parts, request);
    const userCode = codeText(form['user_code']);
    const ask = await grants.device(userCode);
    const view = { user: session.facts.user, formToken: formTokenOf(browserSecret(request, reply)), userCode };
    if (ask === undefined) return sendPage(reply, hub.url, devicePage({ ...view, error: noCode }), { status: 422 });
    return sendPage(reply, hub.url, deviceConfirmPage({ ...view, ask }));
  });

  app.post('/device/decision', limitedByAddress, async (request, reply) => {
    const form = requireForm(request);
    const session = await requireSession(parts, request);
    const allow = form['decision'] === 'allow';
    const decided = await grants.decideDevice(codeText(form['user_code']), await grantorOf(parts, session), allow);
    logger.info({ user: session.facts.user, allow, decided }, 'a machine asked to be let in');
    if (!decided) throw new DroverError('not-found', noCode);
    const page = allow
      ? messagePage('The machine is connected', `It goes on by itself. ${closeIt}`)
      : messagePage('Cancelled', `The machine was not let in. ${closeIt}`);
    return sendPage(reply, hub.url, page);
  });
}

/** What is wrong with a request for a code is told here, and to no address that it names (RFC 6749, 4.1.2.1). */
function readAsked(fields: Readonly<Record<string, unknown>>): Asked {
  const { redirect_uri: redirectUri, state = '', code_challenge: challenge } = fields;
  const wrong = (why: string): DroverError => new DroverError('bad-request', `the command line asked wrongly: ${why}`);
  if (fields['client_id'] !== cliClient) throw wrong(`the client must be ${cliClient}`);
  if (typeof redirectUri !== 'string' || !loopbackUri.test(redirectUri) || !URL.canParse(redirectUri)) {
    throw wrong('the answer must go to a port of this computer, http://127.0.0.1:PORT/callback');
  }
  if (fields['response_type'] !== 'code') throw wrong('the response type must be code');
  if (fields['code_challenge_method'] !== 'S256' || typeof challenge !== 'string' || !challengeForm.test(challenge)) {
    throw wrong('a code challenge by S256 is needed (RFC 7636)');
  }
  if (typeof state !== 'string' || state.length > maxStateLength) throw wrong('the state is too long');
  return { redirectUri, state, challenge };
}

const codeText = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 20).toUpperCase() : '');

async function requireSession(parts: RouteParts, request: FastifyRequest): Promise<BrowserSession> {
  const session = await browserSession(parts.sessions, request);
  if (session !== undefined) return session;
  throw new DroverError('unauthenticated', 'your session has ended; sign in again');
}

const grantorOf = async ({ sessions }: RouteParts, { facts, holder }: BrowserSession): Promise<Grantor> => ({
  user: facts.user,
  userUid: facts.userUid,
  provider: facts.provider,
  subject: await sessions.subjectOf(facts, holder),
});
