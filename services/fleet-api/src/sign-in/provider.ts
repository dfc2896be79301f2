/** Whom a provider says somebody is. */
export interface ProviderIdentity {
  /** Stable and unique at the provider; never the e-mail address. */
  readonly subject: string;
  readonly username: string;
  readonly displayName?: string;
  readonly email?: string;
  /** Without the provider's name before them. */
  readonly groups: readonly string[];
  /** What a refresh needs, such as an OAuth refresh token. It is kept encrypted in the session's record. */
  readonly refreshSecret?: string;
  /** The `id_token`, for a logout at the provider too. */
  readonly logoutHint?: string;
}

/** What is kept between the way to a provider and the way back, such as the PKCE verifier and the nonce. */
export type Kept = Readonly<Record<string, string>>;

/**
 * Signs in by sending the browser away and taking it back. Each call throws `provider-unavailable` where the provider does
 * not answer, and `unauthenticated` where it does not say who it is.
 */
export interface RedirectProvider {
  readonly kind: 'redirect';
  begin(ask: {
    readonly redirectUri: string;
    readonly state: string;
    readonly signal: AbortSignal;
  }): Promise<{ readonly url: string; readonly kept: Kept }>;
  /** `callback`: the URL that the browser came back to, with its query. */
  finish(answer: {
    readonly callback: URL;
    readonly redirectUri: string;
    readonly state: string;
    readonly kept: Kept;
    readonly signal: AbortSignal;
  }): Promise<ProviderIdentity>;
  /** `gone`: the provider knows him no more, or not for the hub. */
  refresh(from: {
    readonly subject: string;
    readonly refreshSecret?: string;
    readonly signal: AbortSignal;
  }): Promise<ProviderIdentity | 'gone'>;
  /**
   * Where the browser goes to end the session at the provider too; undefined: there is no such place, or the provider does
   * not answer: a logout never fails for it.
   */
  logoutUrl?(ask: {
    readonly hint?: string;
    readonly returnTo: string;
    readonly signal: AbortSignal;
  }): Promise<string | undefined>;
}

/** Signs in by a name and a password. Each call throws `provider-unavailable` where the provider does not answer. */
export interface PasswordProvider {
  readonly kind: 'password';
  /** Undefined: it is wrong, the same for an unknown user and in the same time (T13). */
  verify(ask: {
    readonly username: string;
    readonly password: string;
    readonly signal: AbortSignal;
  }): Promise<ProviderIdentity | undefined>;
  refresh(from: {
    readonly subject: string;
    readonly username: string;
    readonly signal: AbortSignal;
  }): Promise<ProviderIdentity | 'gone'>;
}

/** How people sign in by an AuthProvider. */
export type SignInProvider = (RedirectProvider | PasswordProvider) & Partial<AsyncDisposable>;
