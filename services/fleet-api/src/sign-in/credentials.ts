import {
  type PublicKeys,
  type SessionClaims,
  SessionSigner,
  SessionVerifier,
  type SigningKeySource,
} from '@drover/identity';

/** A session, as its credentials tell it: `expiresAtMs` is its absolute limit. */
export type SessionFacts = Omit<SessionClaims, 'clusters'>;

/** The keys of sessions' credentials: one signs, and all of those that signed lately verify. */
export interface SessionKeys {
  readonly signing: SigningKeySource;
  readonly verifying: PublicKeys | (() => PublicKeys);
}

/** Signs a session's credentials, and verifies the one that renews the other. */
export class SessionCredentials {
  readonly #signer: SessionSigner;
  readonly #verifier: SessionVerifier;

  private constructor(signer: SessionSigner, verifier: SessionVerifier) {
    this.#signer = signer;
    this.#verifier = verifier;
  }

  /** Throws `config-invalid`. */
  static async create({ signing, verifying }: SessionKeys, hubId: string): Promise<SessionCredentials> {
    const verifier = SessionVerifier.create(verifying, hubId);
    return new SessionCredentials(await SessionSigner.create(signing, hubId), verifier);
  }

  /** What requests are sent with, until `expiresAtMs`; to `clusters` alone where they are given. */
  access(facts: SessionFacts, nowMs: number, expiresAtMs: number, clusters?: readonly string[]): Promise<string> {
    const claims = { ...facts, expiresAtMs, ...(clusters === undefined ? {} : { clusters }) };
    return this.#signer.sign('access', claims, nowMs);
  }

  /** What the browser's cookie is, and what the command line renews with. */
  session(facts: SessionFacts, nowMs: number): Promise<string> {
    return this.#signer.sign('session', facts, nowMs);
  }

  /** Throws `unauthenticated` for what was not made by {@link session}, and `token-expired`. */
  verify(credential: string, nowMs: number): SessionFacts {
    return this.#verifier.verify('session', credential, nowMs);
  }
}
