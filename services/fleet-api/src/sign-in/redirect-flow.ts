import { createHash, randomBytes } from 'node:crypto';
import type { AuthProvider } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { OneTimeStore } from '@drover/sessions';
import { sameHash } from '../domain/same-hash.ts';
import type { Kept, ProviderIdentity } from './provider.ts';
import type { OpenProvider } from './providers.ts';
import { providerSignal } from './sign-in.ts';

/** Until somebody has found his second factor. */
const flowMs = 10 * 60_000;

/** What a browser that comes back wanted. */
export interface FlowWish {
  /** Where it goes on, a path of the hub. */
  readonly next: string;
  /** The uid of the user whom the identity is to be linked to; absent: it is a sign-in. */
  readonly linkTo?: string;
}

interface Flow extends FlowWish {
  readonly provider: string;
  readonly providerUid: string;
  readonly browser: string;
  readonly kept: Kept;
}

/** Sends browsers to providers and takes them back: once, from that provider, in that browser (T10). */
export class RedirectFlow {
  readonly #once: OneTimeStore;
  readonly #hubUrl: string;

  constructor(once: OneTimeStore, hubUrl: string) {
    this.#once = once;
    this.#hubUrl = hubUrl;
  }

  /** Where the browser goes. `browser`: the secret of its cookie. Throws `provider-unavailable`, `sessions-unavailable`. */
  async begin({ object, signIn }: OpenProvider, browser: string, wish: FlowWish): Promise<string> {
    if (signIn.kind !== 'redirect') throw new DroverError('bad-request', 'this provider asks for a password');
    const { name, uid } = object.metadata;
    const state = randomBytes(32).toString('base64url');
    const { url, kept } = await signIn.begin({ redirectUri: this.#redirectUri(name), state, signal: providerSignal() });
    const flow: Flow = { ...wish, provider: name, providerUid: uid, browser: hashOf(browser), kept };
    await this.#once.put('state', state, flow, flowMs);
    return url;
  }

  /** Who has come back, and what for. Throws `forbidden` where it is not the way that was begun, and as the provider. */
  async finish(
    { object, signIn }: OpenProvider,
    browser: string | undefined,
    query: URLSearchParams,
  ): Promise<{ readonly provider: AuthProvider; readonly identity: ProviderIdentity; readonly wish: FlowWish }> {
    const { name, uid } = object.metadata;
    const state = query.get('state') ?? '';
    // Taken whatever comes of it: an answer is good once.
    const flow = state === '' ? undefined : ((await this.#once.take('state', state)) as Flow | undefined);
    const isSame =
      flow !== undefined &&
      browser !== undefined &&
      sameHash(flow.browser, hashOf(browser)) &&
      flow.provider === name &&
      flow.providerUid === uid;
    if (!isSame || signIn.kind !== 'redirect') {
      throw new DroverError('forbidden', 'this sign-in was not begun in this browser, or was finished already');
    }
    const error = query.get('error');
    if (error === 'access_denied')
      throw new DroverError('unauthenticated', 'the sign-in was cancelled at the provider');
    const redirectUri = this.#redirectUri(name);
    const callback = new URL(`${redirectUri}?${query}`);
    const { kept, next, linkTo } = flow;
    const wish = linkTo === undefined ? { next } : { next, linkTo };
    const identity = await signIn.finish({ callback, redirectUri, state, kept, signal: providerSignal() });
    return { provider: object, identity, wish };
  }

  #redirectUri(provider: string): string {
    return `${this.#hubUrl}/login/${provider}/callback`;
  }
}

const hashOf = (secret: string): string => createHash('sha256').update(`flow\n${secret}`).digest('base64url');
