import { DroverError } from '@drover/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { tokens } from '../resources/index.ts';
import { tellAudit } from '../routes/audit-notes.ts';
import type { RouteParts } from '../routes/context.ts';
import { accountPage } from './account-page.ts';
import {
  type BrowserSession,
  browserSecret,
  browserSession,
  dropSession,
  formTokenOf,
  requireForm,
} from './browser.ts';
import { pageHeaders, sendPage } from './send-page.ts';

const notices: Readonly<Record<string, string>> = {
  linked: 'You can sign in by both from now on.',
  ended: 'The session has ended.',
  revoked: 'The token was revoked.',
};

/** `/account`: who one is on the hub, and by what one can be it. */
export function accountRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { hub, registry, sessions, providers } = parts;

  app.get<{ Querystring: Record<string, unknown> }>('/account', async (request, reply) => {
    const session = await browserSession(sessions, request);
    if (session === undefined) return toLogin(parts, reply, request.url);
    const { facts, holder } = session;
    const own = await sessions.ofUser(facts.user).catch(() => undefined);
    const linked = new Set((holder.status?.identities ?? []).map(({ provider }) => provider));
    const notice = Object.keys(request.query).find(name => Object.hasOwn(notices, name));
    const page = accountPage({
      user: holder,
      provider: providers.object(facts.provider)?.spec.displayName ?? facts.provider,
      sessionId: facts.sessionId,
      sessions: own,
      tokens: registry.list(tokens).filter(({ spec }) => spec.user === facts.user),
      linkable: providers.list().filter(one => one.signIn.kind === 'redirect' && !linked.has(one.object.metadata.name)),
      formToken: formTokenOf(browserSecret(request, reply)),
      ...(notice === undefined ? {} : { notice: { text: notices[notice] ?? '', bad: false } }),
    });
    return sendPage(reply, hub.url, page);
  });

  app.post<{ Params: { id: string } }>('/account/sessions/:id/end', async (request, reply) => {
    const { facts } = await requireSession(parts, request);
    const found = await sessions.find(request.params.id);
    if (found?.user !== facts.user) throw new DroverError('not-found', 'the session has ended already');
    await sessions.end(found);
    tellAudit(request, { action: 'session-ended', account: facts.user, object: `sessions/${found.id}` });
    if (found.id === facts.sessionId) dropSession(reply);
    return goTo(parts, reply, '/account?ended');
  });

  app.post<{ Params: { name: string } }>('/account/tokens/:name/revoke', async (request, reply) => {
    const { facts } = await requireSession(parts, request);
    const token = registry.find(tokens, request.params.name);
    if (token?.spec.user !== facts.user) throw new DroverError('not-found', 'the token is gone already');
    await registry.delete(tokens, token.metadata.name);
    parts.logger.info({ user: facts.user, tokenId: token.metadata.name }, 'token revoked');
    tellAudit(request, { action: 'token-revoked', account: facts.user, object: `tokens/${token.metadata.name}` });
    return goTo(parts, reply, '/account?revoked');
  });
}

async function requireSession(parts: RouteParts, request: FastifyRequest): Promise<BrowserSession> {
  requireForm(request);
  const session = await browserSession(parts.sessions, request);
  if (session === undefined) throw new DroverError('unauthenticated', 'your session has ended; sign in again');
  return session;
}

function goTo({ hub }: RouteParts, reply: FastifyReply, path: string): FastifyReply {
  pageHeaders(reply, hub.url);
  return reply.redirect(path, 303);
}

/** To the login page, and back to where the browser wants to go. */
export const toLogin = (parts: RouteParts, reply: FastifyReply, next: string, provider?: string): FastifyReply => {
  const query = new URLSearchParams({ next, ...(provider === undefined ? {} : { provider }) });
  return goTo(parts, reply, `/login?${query}`);
};
