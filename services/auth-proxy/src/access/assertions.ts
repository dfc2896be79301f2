import type { Clock } from '@drover/async';
import type { User } from '@drover/contracts';
import { type AssertionSigner, checkCarriable } from '@drover/identity';
import type { DownstreamIdentity } from '../domain/impersonation.ts';
import type { Caller, Credential } from './credential.ts';

/** How long an assertion is good, and how long before its end a new one is made. */
const lifetimeMs = 60_000;
const renewBeforeMs = 15_000;
/** Assertions of impersonated identities that are kept for one credential. */
const maxKinds = 256;

interface Kept {
  readonly user: User;
  readonly goodUntilMs: number;
  readonly assertion: string | Promise<string>;
}

/**
 * Signed identity assertions, each reused while it lives: signing is paid once a minute for each caller, cluster and
 * impersonated identity. An entry belongs to the very credential and User object that it was made from, so that any change of
 * either, the groups among them, makes a new one.
 */
export class Assertions {
  readonly #signer: AssertionSigner;
  readonly #clock: Clock;
  readonly #kept = new WeakMap<Credential, Map<string, Kept>>();

  constructor(signer: AssertionSigner, clock: Clock) {
    this.#signer = signer;
    this.#clock = clock;
  }

  /**
   * The assertion for `audience` (a cluster's uid, or `hub`). `kind` tells the identity apart from others of the same
   * caller: '' for his own, the impersonation's text else. `identity` is called only where a new one is signed.
   */
  of(caller: Caller, audience: string, kind: string, identity: () => DownstreamIdentity): string | Promise<string> {
    const now = this.#clock.now();
    let kinds = this.#kept.get(caller.credential);
    if (kinds === undefined) {
      kinds = new Map();
      this.#kept.set(caller.credential, kinds);
    }
    const key = kind === '' ? audience : `${audience}\n${kind}`;
    const kept = kinds.get(key);
    // A secret that a rotation replaced ends before the other: no assertion outlives the credential that it is given for.
    const good = kept !== undefined && now < kept.goodUntilMs && kept.goodUntilMs < caller.credential.expiresAtMs;
    if (good && kept.user === caller.user) return kept.assertion;
    return this.#sign(caller, audience, identity(), kinds, key, now);
  }

  #sign(
    caller: Caller,
    audience: string,
    identity: DownstreamIdentity,
    kinds: Map<string, Kept>,
    key: string,
    now: number,
  ): Promise<string> {
    checkCarriable(identity.user, identity.groups);
    const expiresInMs = Math.min(lifetimeMs, caller.credential.expiresAtMs - now);
    const goodUntilMs = now + expiresInMs - renewBeforeMs;
    const { user } = caller;
    const signed = Promise.resolve(this.#signer.sign({ audience, ...identity, nowMs: now, lifetimeMs: expiresInMs }));
    if (kinds.size >= maxKinds) kinds.clear();
    kinds.set(key, { user, goodUntilMs, assertion: signed });
    signed.then(
      assertion => kinds.get(key)?.assertion === signed && kinds.set(key, { user, goodUntilMs, assertion }),
      () => kinds.get(key)?.assertion === signed && kinds.delete(key),
    );
    return signed;
  }
}
