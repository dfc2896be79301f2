import { AccessCache } from './access-cache.ts';
import { browserOf, openBrowser } from './browser.ts';
import { type CommandContext, storeOf } from './command-context.ts';
import type { KnownHub } from './domain/stored-config.ts';
import { hubInfo } from './hub-api.ts';
import type { HubClient } from './hub-client.ts';
import { notInTime, openLoopbackRedirect } from './loopback-redirect.ts';
import { type Granted, OAuthClient } from './oauth-client.ts';

/** Until somebody has found his second factor; the hub's own limit is the same. */
const signInMinutes = 10;
/** A renewal is one request. */
const lockTimeoutMs = 60_000;

export interface SignInWish {
  readonly provider?: string | undefined;
  /** Never open a browser here. */
  readonly device?: boolean | undefined;
}

/** Signs in by a browser: of this machine, or of another one where a code is typed (RFC 8628). */
export async function signIn(context: CommandContext, hub: HubClient, wish: SignInWish = {}): Promise<Granted> {
  const { environment, signal } = context;
  const timeout = AbortSignal.timeout(signInMinutes * 60_000);
  const within = AbortSignal.any([signal, timeout]);
  const { url: publicUrl } = await hubInfo(hub, within);
  const oauth = new OAuthClient(hub, { publicUrl, now: context.now, signal: within });
  const browser = wish.device ? undefined : browserOf(environment);
  try {
    return await (browser === undefined
      ? byDevice(context, oauth, within)
      : byBrowser(context, oauth, { browser, provider: wish.provider, signal: within }));
  } catch (error) {
    if (timeout.aborted && !signal.aborted) throw notInTime(hub.url, signInMinutes);
    throw error;
  }
}

async function byBrowser(
  { terminal }: CommandContext,
  oauth: OAuthClient,
  { browser, provider, signal }: { browser: string; provider: string | undefined; signal: AbortSignal },
): Promise<Granted> {
  await using redirect = await openLoopbackRedirect();
  const attempt = await oauth.beginBrowser(redirect.uri, provider);
  const opened = await openBrowser(browser, attempt.url);
  terminal.note(`${opened ? 'Sign in by the browser that was opened, or open' : 'To sign in, open'}:`);
  terminal.note(`  ${attempt.url}`);
  return oauth.finishBrowser(attempt, await redirect.answer(attempt.state, signal));
}

function byDevice({ terminal }: CommandContext, oauth: OAuthClient, signal: AbortSignal): Promise<Granted> {
  return oauth.byDevice(({ userCode, url, completeUrl }) => {
    terminal.note(`To sign in, open ${url} on any machine, and type the code ${userCode}.`);
    if (completeUrl !== undefined) terminal.note(`Or open ${completeUrl} and compare the code.`);
    terminal.note('Waiting …');
  }, signal);
}

/** Keeps a session, and the first credential of it. */
export async function keepSession(
  context: CommandContext,
  url: string,
  hub: Omit<KnownHub, 'session'>,
  { session, access }: Granted,
  { current }: { readonly current: boolean },
): Promise<void> {
  await storeOf(context).update(config => ({
    ...config,
    ...(current || config.currentHub === undefined ? { currentHub: url } : {}),
    hubs: { ...config.hubs, [url]: { id: hub.id, ...(hub.ca !== undefined && { ca: hub.ca }), session } },
  }));
  const cache = new AccessCache(context.environment.configFolder, url);
  await using _ = await cache.lock('renew', lockTimeoutMs, context.signal);
  await cache.keep(session.id, '', access, context.now());
}
