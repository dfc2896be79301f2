import { DroverError } from '@drover/errors';
import { AccessCache, type AccessCredential } from './access-cache.ts';
import { type CommandContext, storeOf } from './command-context.ts';
import type { KnownHub, Session } from './domain/stored-config.ts';
import type { HubClient } from './hub-client.ts';
import { liveSession } from './session.ts';

/** A credential that ends so soon is renewed, so that a command that begins now does not end in a refusal. */
const renewBeforeMs = 60_000;
/** A renewal is one request, of half a minute at most; twenty that wait for it wait no longer. */
const renewalTimeoutMs = 60_000;

/** A session of a hub that is good now, and how the hub is trusted. */
export type OpenHub = KnownHub & { readonly session: Session };

/**
 * What requests to a hub, or to one cluster of it, are sent with: from the cache, which needs no request, or renewed by
 * the session, in silence. Of many processes that find it expired, one renews.
 *
 * @throws DroverError `unauthenticated`, `session-ended` where one has to sign in; `unreachable`
 */
export async function accessTo(
  context: CommandContext,
  { url, cluster = '' }: { readonly url: string; readonly cluster?: string | undefined },
): Promise<{ readonly hub: OpenHub; readonly access: AccessCredential }> {
  const cache = new AccessCache(context.environment.configFolder, url);
  const hub = liveSession(await storeOf(context).read(), url, context.now());
  const found = await usable(context, cache, hub.session, cluster);
  if (found !== undefined) return { hub, access: found };
  await using _ = await cache.lock('renew', renewalTimeoutMs, context.signal);
  // Somebody may have renewed, or signed in or out, meanwhile.
  const now = liveSession(await storeOf(context).read(), url, context.now());
  const renewed = await usable(context, cache, now.session, cluster);
  if (renewed !== undefined) return { hub: now, access: renewed };
  const access = await renew(context, cache, url, now, cluster);
  return { hub: now, access };
}

async function usable(
  { now }: CommandContext,
  cache: AccessCache,
  session: Session,
  cluster: string,
): Promise<AccessCredential | undefined> {
  const found = await cache.find(session.id, cluster, now());
  return found !== undefined && now() < Date.parse(found.expiresAt) - renewBeforeMs ? found : undefined;
}

async function renew(
  context: CommandContext,
  cache: AccessCache,
  url: string,
  { ca, session }: OpenHub,
  cluster: string,
): Promise<AccessCredential> {
  const { OAuthClient } = await import('./oauth-client.ts');
  await using client = await openHub(context, url, ca);
  const oauth = new OAuthClient(client, context);
  try {
    const access = await oauth.renew(session, cluster === '' ? undefined : cluster);
    await cache.keep(session.id, cluster, access, context.now());
    return access;
  } catch (error) {
    const { code, details } = DroverError.from(error);
    if (code === 'session-ended') {
      await forgetSession(context, url, session);
      throw ended(url, typeof details['why'] === 'string' ? details['why'] : 'it was ended');
    }
    // While the hub is away, what is left of the last minute still counts.
    const left = await cache.find(session.id, cluster, context.now());
    if (left === undefined) throw error;
    return left;
  }
}

/** Requests to the hub, trusted by its CA (absent: the system's), with no credential. */
export async function openHub(
  { environment }: CommandContext,
  url: string,
  ca: string | undefined,
  token?: string,
): Promise<HubClient> {
  // loaded here, since the exec plugin mostly does without
  const { HubClient } = await import('./hub-client.ts');
  const trust = ca === undefined ? ({ kind: 'system' } as const) : ({ kind: 'ca', ca } as const);
  return new HubClient({ url, trust, proxy: environment.proxy, ...(token === undefined ? {} : { token }) });
}

/** Forgets a session that is over, unless another took its place. */
export async function forgetSession(context: CommandContext, url: string, { id }: Session): Promise<void> {
  await storeOf(context).update(config => {
    const hub = config.hubs[url];
    if (hub?.session?.id !== id) return config;
    const { session: _, ...rest } = hub;
    return { ...config, hubs: { ...config.hubs, [url]: rest } };
  });
}

const ended = (url: string, why: string): DroverError =>
  new DroverError('session-ended', `your session at ${url} has ended (${why}); run \`drover login ${url}\``);
