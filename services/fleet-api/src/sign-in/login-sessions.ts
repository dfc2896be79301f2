import type { Registry } from '@drover/apiserver';
import type { Clock } from '@drover/async';
import { type AuditNote, isRevoked, type User } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { LoginSession, LoginSessionStore } from '@drover/sessions';
import type { Logger } from '@drover/telemetry';
import { isPast, timestamp } from '../domain/timestamp.ts';
import type { HubSettings } from '../operations/hub-settings.ts';
import { endedSessions, newObject, users } from '../resources/index.ts';
import type { SessionCredentials, SessionFacts } from './credentials.ts';
import type { Providers } from './providers.ts';
import { sessionLimits } from './session-limits.ts';

/** From where and with what somebody signs in. */
export interface Visitor {
  readonly client: LoginSession['client'];
  readonly userAgent: string;
  readonly source: string;
  /** Says in the audit what becomes of it. */
  readonly note?: (note: AuditNote) => void;
}

/** A session at the moment when its credentials are handed out. */
export interface IssuedSession {
  readonly id: string;
  readonly user: string;
  readonly provider: string;
  /** The access credential: what requests are sent with. */
  readonly access: string;
  readonly accessExpiresAtMs: number;
  /** The session credential: what renews it. */
  readonly session: string;
  readonly endsAtMs: number;
}

/** What a new session is made of. */
export interface NewSession {
  readonly user: User;
  readonly provider: string;
  readonly subject: string;
  readonly visitor: Visitor;
  /** Shorter than the absolute limit, where the caller asks for less. */
  readonly lifetimeMs?: number;
  /** Encrypted. */
  readonly refreshSecret?: string;
  /** Encrypted. */
  readonly logoutHint?: string;
}

interface Parts {
  readonly registry: Registry;
  readonly store: LoginSessionStore;
  readonly providers: Providers;
  readonly credentials: SessionCredentials;
  readonly settings: HubSettings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Idle sessions that one sweep ends; the next goes on. */
const maxSwept = 1_000;
/** A session that pages are looked at with is touched no more often. */
const touchEveryMs = 60_000;
/** Sessions whose last touch is remembered. */
const maxTouched = 10_000;

/**
 * Login sessions: they begin, are renewed, and end. The store (Redis) knows who is there; what has ended is told by the
 * hub's objects, so that it stays ended when the store forgets, and while the store is away who is signed in goes on.
 */
export class LoginSessions {
  readonly #parts: Parts;
  readonly #touched = new Map<string, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Begins a session. Throws `sessions-unavailable`, `too-many-requests`. */
  async begin({ user, visitor, lifetimeMs, ...what }: NewSession): Promise<IssuedSession> {
    const { store, clock } = this.#parts;
    const { name, uid } = user.metadata;
    const others = await store.ofUser(name);
    if (others.length >= sessionLimits.maxPerUser) {
      const why = `${name} has ${others.length} sessions; end some: drover sessions end ID`;
      throw new DroverError('too-many-requests', why);
    }
    // Whole seconds, as credentials have them.
    const startedAtMs = Math.floor(clock.now() / 1000) * 1000;
    const absoluteMs = this.#limit('absolute');
    const endsAtMs = startedAtMs + Math.min(lifetimeMs ?? absoluteMs, absoluteMs);
    const session: LoginSession = {
      id: crypto.randomUUID(),
      user: name,
      userUid: uid,
      ...what,
      startedAtMs,
      seenAtMs: clock.now(),
      endsAtMs,
      ...visitor,
      userAgent: visitor.userAgent.slice(0, sessionLimits.maxUserAgentLength),
    };
    await store.create(session);
    return this.#issue(factsOf(session));
  }

  /**
   * Another access credential for who holds the session credential; `cluster`: good for this one alone. Throws `unauthenticated`, `token-expired`,
   * `session-ended`, `user-disabled`.
   */
  async renew(credential: string, visitor: Visitor, cluster?: string): Promise<IssuedSession> {
    const facts = await this.verify(credential);
    await this.#seen(facts, visitor);
    return this.#issue(facts, credential, cluster);
  }

  /** Who holds the session credential, of a session that goes on. Throws as {@link renew}. */
  async verify(credential: string): Promise<SessionFacts & { readonly holder: User }> {
    const { registry, credentials, providers, clock } = this.#parts;
    const facts = credentials.verify(credential, clock.now());
    const holder = registry.find(users, facts.user);
    if (holder === undefined || holder.metadata.uid !== facts.userUid) throw new DroverError('unauthenticated');
    if (holder.spec.disabled === true) {
      throw new DroverError('user-disabled', `user ${JSON.stringify(facts.user)} is disabled`);
    }
    const revoked = isRevoked(holder, facts.startedMs);
    const isOver = registry.find(endedSessions, facts.sessionId) !== undefined;
    if (revoked || isOver) throw new DroverError('session-ended');
    if (providers.find(facts.provider) === undefined) {
      throw new DroverError('session-ended', `the provider ${facts.provider} is disabled; its sessions have ended`);
    }
    return { ...facts, holder };
  }

  /** The session was used by a page. Nothing depends on it at once, so that nothing waits or fails. */
  touch({ sessionId }: Pick<SessionFacts, 'sessionId'>): void {
    const now = this.#parts.clock.now();
    if (now - (this.#touched.get(sessionId) ?? Number.NEGATIVE_INFINITY) < touchEveryMs) return;
    this.#touched.delete(sessionId);
    this.#touched.set(sessionId, now);
    const oldest = this.#touched.keys().next().value;
    if (this.#touched.size > maxTouched && oldest !== undefined) this.#touched.delete(oldest);
    this.#parts.store.touch(sessionId, now).catch(() => {});
  }

  /** A user's sessions, the newest first. Throws `sessions-unavailable`. */
  async ofUser(user: string): Promise<readonly LoginSession[]> {
    return this.#parts.store.ofUser(user);
  }

  /** Throws `sessions-unavailable`. */
  async find(id: string): Promise<LoginSession | undefined> {
    return this.#parts.store.find(id);
  }

  /** Who it is at the provider. Throws `sessions-unavailable`. */
  async subjectOf(facts: SessionFacts, holder: User): Promise<string> {
    return (await this.find(facts.sessionId))?.subject ?? knownSubject(facts, holder);
  }

  /** The latest that a session which began by now may end. */
  latestEnd(nowMs: number): number {
    return nowMs + sessionLimits.absolute.max;
  }

  /** Forgets a user's sessions, which are refused already; the number of them. */
  async forgetUser(user: string): Promise<number> {
    const { store, logger } = this.#parts;
    try {
      const found = await store.ofUser(user);
      for (const { id } of found) await store.end(id);
      return found.length;
    } catch (error) {
      logger.warn({ err: error, user }, 'refused sessions stay in the store');
      return 0;
    }
  }

  /** Ends a session: it is refused everywhere within a second. Throws `store-unavailable`. */
  async end({ id, user, endsAtMs }: Pick<LoginSession, 'id' | 'user' | 'endsAtMs'>): Promise<void> {
    const { registry, store, logger } = this.#parts;
    const ended = { ...newObject('EndedSession', id), spec: { user, endsAt: timestamp(endsAtMs + 1000) } };
    await registry.create(endedSessions, ended).catch(error => {
      if (DroverError.from(error).code !== 'already-exists') throw error;
    });
    // What the store still says of it counts no more.
    await store.end(id).catch(error => logger.warn({ err: error, session: id }, 'an ended session stays in the store'));
    logger.info({ user, session: id }, 'session ended');
  }

  /** Ends sessions that were not used for long, and forgets ended ones that have expired. Throws `store-unavailable`. */
  async sweep(): Promise<void> {
    const { registry, store, clock } = this.#parts;
    const now = clock.now();
    for (const { metadata, spec } of registry.list(endedSessions)) {
      if (!isPast(spec.endsAt, now)) continue;
      await registry.delete(endedSessions, metadata.name).catch(error => {
        if (DroverError.from(error).code !== 'not-found') throw error;
      });
    }
    const idle = await store.seenBefore(now - this.#limit('idle'), maxSwept).catch(() => []);
    for (const session of idle) await this.end(session);
  }

  async #seen(facts: SessionFacts & { readonly holder: User }, visitor: Visitor): Promise<void> {
    const { store, clock } = this.#parts;
    const now = clock.now();
    let found: LoginSession | undefined;
    try {
      found = await store.find(facts.sessionId);
      // A store that came back empty has lost sessions that nobody ended.
      if (found === undefined) await store.create(restored(facts, visitor, now));
      else await store.touch(facts.sessionId, now);
    } catch (error) {
      if (DroverError.from(error).code !== 'sessions-unavailable') throw error;
    }
    if (found === undefined || now - found.seenAtMs <= this.#limit('idle')) return;
    await this.end(found);
    throw new DroverError('session-ended', 'the session was not used for too long; sign in again');
  }

  async #issue({ sessionId, ...rest }: SessionFacts, credential?: string, cluster?: string): Promise<IssuedSession> {
    const { credentials, clock } = this.#parts;
    const facts = { sessionId, ...rest };
    const now = clock.now();
    const accessExpiresAtMs = Math.min(now + this.#limit('access'), facts.expiresAtMs);
    const [access, session] = await Promise.all([
      credentials.access(facts, now, accessExpiresAtMs, cluster === undefined ? undefined : [cluster]),
      credential ?? credentials.session(facts, now),
    ]);
    const { user, provider, expiresAtMs: endsAtMs } = facts;
    return { id: sessionId, user, provider, access, accessExpiresAtMs, session, endsAtMs };
  }

  #limit(name: 'access' | 'absolute' | 'idle'): number {
    const { setting, ...bounds } = sessionLimits[name];
    return this.#parts.settings.durationMs(setting, bounds);
  }
}

const factsOf = (session: LoginSession): SessionFacts => ({
  sessionId: session.id,
  user: session.user,
  userUid: session.userUid,
  provider: session.provider,
  startedMs: session.startedAtMs,
  expiresAtMs: session.endsAtMs,
});

const knownSubject = (facts: SessionFacts, { status }: User): string =>
  status?.identities?.find(({ provider }) => provider === facts.provider)?.subject ?? facts.user;

const restored = (facts: SessionFacts & { readonly holder: User }, visitor: Visitor, nowMs: number): LoginSession => ({
  id: facts.sessionId,
  user: facts.user,
  userUid: facts.userUid,
  provider: facts.provider,
  subject: knownSubject(facts, facts.holder),
  startedAtMs: facts.startedMs,
  seenAtMs: nowMs,
  endsAtMs: facts.expiresAtMs,
  ...visitor,
});
