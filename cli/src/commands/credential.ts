import { accessTo, openHub } from '../access.ts';
import { AccessCache } from '../access-cache.ts';
import { type CommandContext, storeOf } from '../command-context.ts';
import { execCredential } from '../domain/exec-credential.ts';
import { hubUrl } from '../domain/hub-url.ts';
import type { KnownHub } from '../domain/stored-config.ts';
import { needsSignIn } from '../failure.ts';
import { chosenHub } from '../session.ts';

export interface CredentialOptions {
  readonly hub?: string;
  readonly cluster?: string;
}

/** Others that want to sign in meanwhile wait for this one as long as it may last. */
const signInTimeoutMs = 11 * 60_000;

/**
 * `drover credential`: the client-go exec plugin. It runs before every kubectl command, so it mostly makes no request and
 * loads little: the credential of the last minutes is in the cache. With none it renews by the session; with no session
 * it signs in, where a person is there.
 */
export async function credentialCommand(context: CommandContext, options: CredentialOptions): Promise<void> {
  const { hub: asked, cluster } = options;
  const url = chosenHub(await storeOf(context).read(), asked === undefined ? undefined : hubUrl(asked));
  const { access } = await accessTo(context, { url, cluster }).catch(async (error: unknown) => {
    if (!needsSignIn(error) || !context.environment.exec.interactive(context.terminal.interactive)) throw error;
    return signInAgain(context, url, cluster);
  });
  context.terminal.print(JSON.stringify(execCredential(access.token, access.expiresAt)));
}

/** Of many kubectl that find no session, one opens the browser. */
async function signInAgain(context: CommandContext, url: string, cluster: string | undefined) {
  const cache = new AccessCache(context.environment.configFolder, url);
  await using _ = await cache.lock('sign-in', signInTimeoutMs, context.signal);
  try {
    return await accessTo(context, { url, cluster });
  } catch (error) {
    if (!needsSignIn(error)) throw error;
  }
  const { keepSession, signIn } = await import('../sign-in.ts');
  const hub = await trustedHub(context, url);
  await using client = await openHub(context, url, hub.ca);
  await keepSession(context, url, hub, await signIn(context, client), { current: false });
  return accessTo(context, { url, cluster });
}

/** The hub as it was trusted at a login, else as the kubeconfig trusts it, which names this command. */
async function trustedHub(context: CommandContext, url: string): Promise<KnownHub> {
  const known = (await storeOf(context).read()).hubs[url];
  if (known !== undefined) return known;
  const { hubInfo } = await import('../hub-api.ts');
  const ca = context.environment.exec.caOf(url);
  await using client = await openHub(context, url, ca);
  const { id } = await hubInfo(client, context.signal);
  return { id, ...(ca === undefined ? {} : { ca }) };
}
