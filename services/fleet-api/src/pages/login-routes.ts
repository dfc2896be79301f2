import { sessionHeaders } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hubPath } from '../domain/hub-path.ts';
import { limitedByAddress } from '../routes/address-limits.ts';
import { tellAudit } from '../routes/audit-notes.ts';
import type { RouteParts } from '../routes/context.ts';
import type { IssuedSession } from '../sign-in/login-sessions.ts';
import { providerSignal, sealedFor } from '../sign-in/sign-in.ts';
import {
  browserSecret,
  browserSession,
  cookieNames,
  dropSession,
  type Form,
  formTokenOf,
  keepSession,
  knownSecret,
  requireForm,
  visitorOf,
} from './browser.ts';
import { messagePage } from './layout.ts';
import { type LoginView, loginPage, onwardPage } from './login-page.ts';
import { pageHeaders, sendPage } from './send-page.ts';

interface NamedProvider {
  Params: { provider: string };
}

/** Where a browser goes that wanted nothing else. */
const home = '/account';

/** Signing in and out in a browser. */
export function loginRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { hub, providers, signIn, sessions, redirects, clock, logger } = parts;

  const showLogin = (
    request: FastifyRequest,
    reply: FastifyReply,
    next: string,
    more: Partial<LoginView> & { status?: number } = {},
  ): FastifyReply => {
    const { status = 200, ...view } = more;
    const formToken = formTokenOf(browserSecret(request, reply));
    const open = providers.list();
    // The one that `drover login --provider` names; an unknown one leaves the choice.
    const named = open.filter(({ object }) => object.metadata.name === Reflect.get(request.query ?? {}, 'provider'));
    const page = loginPage({
      providers: named.length > 0 ? named : open,
      next,
      formToken,
      hub: new URL(hub.url).host,
      ...view,
    });
    return sendPage(reply, hub.url, page, { status });
  };

  const finish = (reply: FastifyReply, issued: IssuedSession, next: string): FastifyReply => {
    keepSession(reply, issued, clock.now());
    // For the front door's audit.
    reply.raw.setHeader(sessionHeaders.user, encodeURIComponent(issued.user));
    reply.raw.setHeader(sessionHeaders.token, issued.id);
    pageHeaders(reply, hub.url);
    return reply.redirect(next, 303);
  };

  app.get<{ Querystring: { next?: unknown; 'signed-out'?: unknown } }>('/login', async (request, reply) => {
    const next = hubPath(request.query.next, home);
    if ((await browserSession(sessions, request)) !== undefined) {
      pageHeaders(reply, hub.url);
      return reply.redirect(next, 303);
    }
    const notice = { text: 'You are signed out.', bad: false };
    return showLogin(request, reply, next, request.query['signed-out'] === undefined ? {} : { notice });
  });

  // Where people come who type the hub's address; programs get the API's paths there.
  app.get('/', async (_request, reply) => {
    pageHeaders(reply, hub.url);
    return reply.redirect(home, 303);
  });

  app.post<NamedProvider>('/login/:provider', limitedByAddress, async (request, reply) => {
    const { provider: name } = request.params;
    const next = hubPath(request.body instanceof URLSearchParams ? request.body.get('next') : undefined, home);
    let form: Form;
    try {
      form = requireForm(request);
    } catch (error) {
      const notice = { text: 'This page was open for too long. Please try again.', bad: true };
      logger.info({ provider: name, source: visitorOf(request, 'browser').source, err: error }, 'a form was refused');
      return showLogin(request, reply, next, { status: 403, notice });
    }
    const provider = signIn.requireProvider(name);
    if (provider.signIn.kind === 'redirect') {
      const url = await redirects.begin(provider, browserSecret(request, reply), { next });
      return sendPage(reply, hub.url, onwardPage(provider.object.spec.displayName ?? name, url));
    }
    const { username = '', password = '', 'new-password': newPassword } = form;
    const visitor = visitorOf(request, 'browser');
    try {
      return finish(reply, await signIn.byPassword({ provider: name, username, password, newPassword }, visitor), next);
    } catch (error) {
      const failure = DroverError.from(error);
      const { httpStatus: status } = failure.entry;
      logger.info({ provider: name, user: username, source: visitor.source, code: failure.code }, 'sign-in refused');
      // Whoever comes to this knows the password.
      const change = failure.code === 'password-change-required' || newPassword !== undefined;
      const refused = { provider: name, username, why: whyOf(failure), change };
      if (failure.code === 'internal') throw failure;
      if (status === 503)
        return showLogin(request, reply, next, {
          status,
          notice: { text: whyOf(failure, provider.object.spec.displayName ?? name), bad: true },
        });
      return showLogin(request, reply, next, { status, refused });
    }
  });

  app.get<NamedProvider>('/login/:provider/callback', limitedByAddress, async (request, reply) => {
    const { provider: name } = request.params;
    const query = new URL(request.url, hub.url).searchParams;
    const open = signIn.requireProvider(name);
    const { provider, identity, wish } = await redirects.finish(open, knownSecret(request), query).catch(error => {
      tellAudit(request, { action: 'sign-in-refused', provider: name, reason: DroverError.from(error).code });
      throw error;
    });
    if (wish.linkTo === undefined) {
      return finish(reply, await signIn.byIdentity(provider, identity, visitorOf(request, 'browser')), wish.next);
    }
    const session = await browserSession(sessions, request);
    if (session === undefined || session.holder.metadata.uid !== wish.linkTo) {
      throw new DroverError('forbidden', 'you are signed in as somebody else by now; sign in again, and then link');
    }
    await signIn.link(session.holder, provider, identity);
    tellAudit(request, { action: 'identity-linked', provider: name, account: session.facts.user });
    pageHeaders(reply, hub.url);
    return reply.redirect('/account?linked', 303);
  });

  app.post<NamedProvider>('/link/:provider', limitedByAddress, async (request, reply) => {
    requireForm(request);
    const session = await browserSession(sessions, request);
    if (session === undefined) throw new DroverError('unauthenticated', 'sign in first');
    const { provider: name } = request.params;
    const provider = signIn.requireProvider(name);
    const wish = { next: home, linkTo: session.holder.metadata.uid };
    const url = await redirects.begin(provider, browserSecret(request, reply), wish);
    return sendPage(reply, hub.url, onwardPage(provider.object.spec.displayName ?? name, url));
  });

  app.get('/logout', async (request, reply) => {
    const session = await browserSession(sessions, request);
    pageHeaders(reply, hub.url);
    return reply.redirect(session === undefined ? '/login' : home, 303);
  });

  app.post('/logout', async (request, reply) => {
    requireForm(request);
    const credential = request.cookies[cookieNames.session];
    const session = await browserSession(sessions, request);
    dropSession(reply);
    let onward: string | undefined;
    if (credential !== undefined && session !== undefined) {
      const { sessionId: id, user, expiresAtMs: endsAtMs, provider } = session.facts;
      onward = await logoutUrl(parts, id, provider);
      await sessions.end({ id, user, endsAtMs });
      tellAudit(request, { action: 'session-ended', provider, account: user, object: `sessions/${id}` });
    }
    if (onward !== undefined) {
      return sendPage(reply, hub.url, { ...messagePage('Signing out', 'You are signed out here.'), goTo: onward });
    }
    pageHeaders(reply, hub.url);
    return reply.redirect('/login?signed-out', 303);
  });
}

/** Where the session at the provider ends too; undefined: it has no such place, or that cannot be told at the moment. */
async function logoutUrl(parts: RouteParts, sessionId: string, provider: string): Promise<string | undefined> {
  const signIn = parts.providers.find(provider)?.signIn;
  if (signIn?.kind !== 'redirect' || signIn.logoutUrl === undefined) return undefined;
  try {
    const closed = (await parts.sessions.find(sessionId))?.logoutHint;
    const hint = closed === undefined ? {} : { hint: parts.secrets.open(closed, sealedFor.logout) };
    return await signIn.logoutUrl({ ...hint, returnTo: `${parts.hub.url}/login?signed-out`, signal: providerSignal() });
  } catch (error) {
    parts.logger.warn({ err: error, provider }, 'the session at the provider goes on');
    return undefined;
  }
}

/** What is beside the field: nothing of it tells whether the user is there (T13). */
function whyOf(failure: DroverError, provider = ''): string {
  switch (failure.code) {
    case 'unauthenticated':
      return 'The username or the password is wrong.';
    case 'password-change-required':
      return 'This password was chosen by somebody else. Choose one of your own.';
    case 'too-many-requests':
      return 'Too many attempts. Wait a few minutes and try again.';
    case 'provider-unavailable':
      return `${provider} does not answer at the moment. Please try again in a minute, or sign in another way.`;
    case 'sessions-unavailable':
      return 'Nobody new can sign in at the moment. Please try again in a minute.';
    default:
      return `${failure.message.charAt(0).toUpperCase()}${failure.message.slice(1)}.`;
  }
}
