import { type Cancel, type Clock, every } from '@drover/async';
import { DroverError } from '@drover/errors';
import type { Credential } from './credential.ts';

/** A request in flight that can be cut. */
export interface Cuttable {
  /** What opened it. */
  readonly credential: Credential;
  readonly clusterUid: string;
  /** When it is cut by itself; earlier than its credential said, where a token's secret got an end meanwhile. */
  expiresAtMs: number;
  cut(error: DroverError): void;
}

/**
 * Requests of one user in flight to one cluster through this front door. A controller with a thousand watches passes;
 * nobody alone fills the sessions that all of a cluster's callers share (4096 streams each).
 */
export const maxLivePerUser = 1024;

/** How often the end of credentials is looked for. */
const sweepMs = 500;

/** The requests in flight, so that a watch or a shell ends with the credential that it was opened by (T5). */
export class LiveExchanges {
  readonly #live = new Set<Cuttable>();
  readonly #counts = new Map<string, number>();
  readonly #cancel: Cancel;

  readonly #onDefect: (error: unknown) => void;

  /** `onDefect` hears of an exchange whose cut failed. */
  constructor(clock: Clock, onDefect: (error: unknown) => void) {
    this.#onDefect = onDefect;
    this.#cancel = every(clock, sweepMs, () => {
      const now = clock.now();
      this.cutWhere(exchange => exchange.expiresAtMs <= now, new DroverError('token-expired'));
    });
  }

  get size(): number {
    return this.#live.size;
  }

  /** Whether the user may have another request in flight to the cluster. Throws `too-many-requests`. */
  requireRoom(user: string, clusterUid: string): void {
    if ((this.#counts.get(keyOf(user, clusterUid)) ?? 0) < maxLivePerUser) return;
    throw new DroverError('too-many-requests', `${user} has ${maxLivePerUser} requests in flight to this cluster`);
  }

  add(exchange: Cuttable): void {
    if (this.#live.has(exchange)) return;
    this.#live.add(exchange);
    const key = keyOf(exchange.credential.user, exchange.clusterUid);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  remove(exchange: Cuttable): void {
    if (!this.#live.delete(exchange)) return;
    const key = keyOf(exchange.credential.user, exchange.clusterUid);
    const left = (this.#counts.get(key) ?? 0) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }

  /** Cuts every exchange that `ended` names; one that cannot be cut keeps none of the others. */
  cutWhere(ended: (exchange: Cuttable) => boolean, error: DroverError): void {
    for (const exchange of this.#live) {
      try {
        if (ended(exchange)) exchange.cut(error);
      } catch (defect) {
        this.#onDefect(defect);
      }
    }
  }

  /** Gives the exchanges of a token the ends that their secrets have now; without one, it is cut at once. */
  settleToken(tokenId: string, endMsOf: (secretHash: string) => number | undefined, error: DroverError): void {
    this.cutWhere(exchange => {
      const { kind, id, secretHash } = exchange.credential;
      if (kind !== 'token' || id !== tokenId) return false;
      const endMs = endMsOf(secretHash);
      if (endMs !== undefined) exchange.expiresAtMs = endMs;
      return endMs === undefined;
    }, error);
  }

  close(): void {
    this.#cancel();
    this.cutWhere(() => true, new DroverError('tunnel-lost', 'the hub stops'));
  }
}

const keyOf = (user: string, clusterUid: string): string => `${clusterUid} ${user}`;
