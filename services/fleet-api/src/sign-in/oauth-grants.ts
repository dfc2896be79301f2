import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { Clock } from '@drover/async';
import type { User } from '@drover/contracts';
import type { OneTimeStore } from '@drover/sessions';
import { sameHash } from '../domain/same-hash.ts';
import type { IssuedSession, LoginSessions, Visitor } from './login-sessions.ts';
import { oauthError } from './oauth-error.ts';

/** The one OAuth client of the hub: the command line, which keeps no secret (RFC 8252, 8.5). */
export const cliClient = 'drover-cli';

/** Bounds of grants. */
export const grantLimits = Object.freeze({
  /** A code is redeemed at once by the program that waits for it (RFC 6749, 4.1.2). */
  codeMs: 60_000,
  /** Until somebody has found a browser and typed a user code. */
  deviceMs: 10 * 60_000,
  devicePollSeconds: 5,
});

/** Who has allowed a client to act as himself. */
export interface Grantor {
  readonly user: string;
  readonly userUid: string;
  readonly provider: string;
  readonly subject: string;
}

/** What a code is good for, besides whom it is of. */
export interface CodeAsk {
  readonly redirectUri: string;
  /** PKCE, S256 (RFC 7636). */
  readonly challenge: string;
}

/** A machine without a browser that waits to be allowed in (RFC 8628). */
export interface DeviceAsk {
  readonly source: string;
  readonly userAgent: string;
  readonly askedAtMs: number;
  readonly allowedBy?: Grantor;
  readonly denied?: true;
}

/** What the machine without a browser is told. */
export interface DeviceOffer {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly expiresInSeconds: number;
  readonly pollSeconds: number;
}

interface Parts {
  readonly once: OneTimeStore;
  readonly sessions: LoginSessions;
  readonly userOf: (name: string) => User | undefined;
  readonly clock: Clock;
}

/** Consonants that are no other letter's look-alike and make no word; 20^8 codes (RFC 8628, 6.1). */
const userCodeLetters = 'BCDFGHJKLMNPQRSTVWXZ';
const userCodeLength = 8;
/** Devices whose last poll is remembered. */
const maxPolled = 10_000;

/** What a person allows in the browser, and a program redeems for a session. */
export class OAuthGrants {
  readonly #parts: Parts;
  readonly #polled = new Map<string, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A code that is good once. Throws `sessions-unavailable`. */
  async code(grantor: Grantor, ask: CodeAsk): Promise<string> {
    const code = secret();
    await this.#parts.once.put('code', code, { grantor, ask }, grantLimits.codeMs);
    return code;
  }

  /** The session that a code is for. Throws the OAuth error `invalid_grant`. */
  async byCode(
    { code, redirectUri, verifier }: { code: string; redirectUri: string; verifier: string },
    visitor: Visitor,
  ): Promise<IssuedSession> {
    // Taken before anything is compared: a code that was tried with a wrong verifier is good for nothing more.
    const found = (await this.#parts.once.take('code', code)) as { grantor: Grantor; ask: CodeAsk } | undefined;
    if (found === undefined) throw oauthError('invalid_grant', 'the code is unknown, used or too old');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    if (!sameHash(challenge, found.ask.challenge)) throw oauthError('invalid_grant', 'the code verifier is another');
    if (redirectUri !== found.ask.redirectUri) throw oauthError('invalid_grant', 'the redirect URI is another');
    return this.#begin(found.grantor, visitor);
  }

  /** Throws `sessions-unavailable`. */
  async beginDevice({ source, userAgent }: Visitor): Promise<DeviceOffer> {
    const { once, clock } = this.#parts;
    const deviceCode = secret();
    const userCode = Array.from({ length: userCodeLength }, () =>
      userCodeLetters.charAt(randomInt(userCodeLetters.length)),
    ).join('');
    const ask: DeviceAsk = { source, userAgent, askedAtMs: clock.now() };
    await once.put('device', hashOf(deviceCode), ask, grantLimits.deviceMs);
    await once.put('user-code', userCode, { device: hashOf(deviceCode) }, grantLimits.deviceMs);
    return {
      deviceCode,
      userCode: `${userCode.slice(0, 4)}-${userCode.slice(4)}`,
      expiresInSeconds: grantLimits.deviceMs / 1000,
      pollSeconds: grantLimits.devicePollSeconds,
    };
  }

  /** The machine that shows this user code; undefined: none does. Throws `sessions-unavailable`. */
  async device(userCode: string): Promise<DeviceAsk | undefined> {
    const found = (await this.#parts.once.look('user-code', plainCode(userCode))) as { device: string } | undefined;
    return found && ((await this.#parts.once.look('device', found.device)) as DeviceAsk | undefined);
  }

  /** Says what becomes of the machine; false: it waits no more. Throws `sessions-unavailable`. */
  async decideDevice(userCode: string, grantor: Grantor, allow: boolean): Promise<boolean> {
    const { once } = this.#parts;
    const ask = await this.device(userCode);
    const found = (await once.take('user-code', plainCode(userCode))) as { device: string } | undefined;
    if (ask === undefined || found === undefined) return false;
    return once.replace('device', found.device, { ...ask, ...(allow ? { allowedBy: grantor } : { denied: true }) });
  }

  /** The session that a machine waits for. Throws the OAuth errors of RFC 8628, 3.5. */
  async byDevice(deviceCode: string, visitor: Visitor): Promise<IssuedSession> {
    const { once } = this.#parts;
    const device = hashOf(deviceCode);
    this.#requirePause(device);
    const ask = (await once.look('device', device)) as DeviceAsk | undefined;
    if (ask === undefined) throw oauthError('expired_token', 'the device code is unknown, used or too old');
    if (ask.denied === true) throw oauthError('access_denied', 'the request was denied in the browser');
    if (ask.allowedBy === undefined) throw oauthError('authorization_pending', 'nobody has typed the code yet');
    if ((await once.take('device', device)) === undefined) throw oauthError('expired_token', 'the device code is used');
    return this.#begin(ask.allowedBy, visitor);
  }

  async #begin({ user: name, userUid, provider, subject }: Grantor, visitor: Visitor): Promise<IssuedSession> {
    const user = this.#parts.userOf(name);
    if (user?.metadata.uid !== userUid || user.spec.disabled === true) {
      throw oauthError('invalid_grant', `the user ${name} may not sign in any more`);
    }
    return this.#parts.sessions.begin({ user, provider, subject, visitor });
  }

  #requirePause(device: string): void {
    const now = this.#parts.clock.now();
    const last = this.#polled.get(device);
    this.#polled.delete(device);
    this.#polled.set(device, now);
    const oldest = this.#polled.keys().next().value;
    if (this.#polled.size > maxPolled && oldest !== undefined) this.#polled.delete(oldest);
    // A second less, since networks are not even.
    if (last !== undefined && now - last < (grantLimits.devicePollSeconds - 1) * 1000) {
      throw oauthError('slow_down', `ask every ${grantLimits.devicePollSeconds} seconds`);
    }
  }
}

const secret = (): string => randomBytes(32).toString('base64url');
const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');
/** As people type it: in any case, with or without the hyphen. */
const plainCode = (typed: string): string => typed.toUpperCase().replace(/[^A-Z]/g, '');
