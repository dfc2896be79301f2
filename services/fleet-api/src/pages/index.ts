import { DroverError } from '@drover/errors';
import fastifyCookie from '@fastify/cookie';
import type { FastifyError, FastifyInstance } from 'fastify';
import type { RouteParts } from '../routes/context.ts';
import { failureOf } from '../routes/failure.ts';
import { readForms } from '../routes/forms.ts';
import { accountRoutes } from './account-routes.ts';
import { allowRoutes } from './allow-routes.ts';
import { messagePage } from './layout.ts';
import { loginRoutes } from './login-routes.ts';
import { sendPage } from './send-page.ts';

const pagePaths = ['/login', '/logout', '/account', '/device', '/link', '/.well-known/security.txt'];

/** Whether a request target is one of the pages. */
export const isPage = (target: string): boolean =>
  pagePaths.some(path => target.startsWith(path) && ['', '/', '?'].includes(target.charAt(path.length)));

/** Whether a browser asks for the hub's address alone. */
export const isFrontPage = (target: string, accept: string | undefined): boolean =>
  target === '/' && accept !== undefined && accept.includes('text/html');

/** What people see in a browser: plain HTML, no script. What goes wrong here is told in words. */
export async function pageRoutes(app: FastifyInstance, parts: RouteParts): Promise<void> {
  await app.register(fastifyCookie);
  readForms(app);
  app.setErrorHandler((error: FastifyError | DroverError, request, reply) => {
    const failure = failureOf(error);
    const { httpStatus, meaning } = failure.entry;
    if (httpStatus >= 500 && failure.code !== 'sessions-unavailable' && failure.code !== 'provider-unavailable') {
      parts.logger.error({ err: error, route: request.routeOptions.url, method: request.method }, 'a page failed');
    }
    const text = failure.code === 'internal' ? meaning : sentence(failure.message);
    const page = messagePage('That did not work', text, {
      bad: true,
      action: { href: '/login', text: 'Back to sign in' },
    });
    return sendPage(reply, parts.hub.url, page, { status: httpStatus });
  });
  loginRoutes(app, parts);
  accountRoutes(app, parts);
  allowRoutes(app, parts);
  app.get('/.well-known/security.txt', async (_request, reply) => {
    const contact = parts.settings.text('security-contact');
    if (contact === undefined) throw new DroverError('not-found', 'no contact is set on this hub');
    const expires = new Date(parts.clock.now() + securityTextMs).toISOString();
    const canonical = `${parts.hub.url}/.well-known/security.txt`;
    const text = `Contact: ${contact}\nExpires: ${expires}\nCanonical: ${canonical}\n`;
    return reply.type('text/plain; charset=utf-8').send(text);
  });
}

/** RFC 9116, 2.5.5: less than a year. It is made anew with each request, so that it holds while the hub does. */
const securityTextMs = 30 * 24 * 3_600_000;

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
