import { readAnnouncement } from './key-announcement.ts';
import { maxAnnouncements } from './key-rotation.ts';
import { isPublicKeys, type KeySource, type PublicKeys } from './signing-key.ts';

/** What was learnt since the keys were pinned; it may be kept, so that a restart does not trust retired keys again. */
export interface LearntKeys extends PublicKeys {
  readonly hubId: string;
  /** The `kid`s of the keys that were pinned: other pins, of a new import, begin anew. */
  readonly pinned: readonly string[];
  readonly seq: number;
}

export interface PinnedKeysOptions {
  readonly hubId: string;
  /** What the join file pins. */
  readonly pins: PublicKeys;
  /** What an earlier process learnt. */
  readonly learnt?: LearntKeys;
  /** Hears what is learnt. */
  readonly onLearnt?: (learnt: LearntKeys) => void;
}

/** Messages that wait to be looked at; a gateway that sends more is not heard. Each takes a few milliseconds at most. */
const maxWaiting = 4;

/**
 * The identity keys that an agent trusts (T9): those of its join file, then those that they announce, and so on. Nobody
 * but the holder of a key that is trusted can name another.
 *
 * @example
 * const keys = new PinnedKeys({ hubId: join.hub.id, pins: join.hub.identityKeys });
 * void keys.learn(hello.announcements, Date.now());
 * const verifier = AssertionVerifier.create(keys.source, { audience: clusterUid, maxCached: 8192 });
 */
export class PinnedKeys {
  readonly #options: PinnedKeysOptions;
  readonly #pinned: readonly string[];
  #keys: PublicKeys;
  #seq = 0;
  #learning: Promise<void> | undefined;
  #waiting = 0;

  constructor(options: PinnedKeysOptions) {
    const { hubId, pins, learnt } = options;
    this.#options = options;
    this.#pinned = pins.keys.map(key => String(key['kid'])).sort();
    this.#keys = pins;
    if (learnt?.hubId === hubId && String(learnt.pinned) === String(this.#pinned)) {
      this.#keys = { keys: learnt.keys };
      this.#seq = learnt.seq;
    }
  }

  /** The keys that are trusted now; it waits for what is being learnt. */
  readonly source: KeySource = () => this.#learning?.then(() => this.#keys) ?? this.#keys;

  /** Takes announcements, the oldest first. Those that no trusted key has signed change nothing. */
  learn(announcements: readonly string[], nowMs: number): Promise<void> {
    const earlier = this.#learning ?? Promise.resolve();
    if (this.#waiting >= maxWaiting) return earlier;
    this.#waiting++;
    const learning = earlier
      .then(() => this.#learnEach(announcements.slice(-maxAnnouncements), nowMs))
      .finally(() => {
        this.#waiting--;
        if (this.#learning === learning) this.#learning = undefined;
      });
    this.#learning = learning;
    return learning;
  }

  async #learnEach(announcements: readonly string[], nowMs: number): Promise<void> {
    const { hubId, onLearnt } = this.#options;
    const before = this.#seq;
    for (const announcement of announcements) {
      try {
        const { seq, keys } = await readAnnouncement(announcement, this.#keys, { hubId, role: 'identity', nowMs });
        if (seq <= this.#seq) continue;
        this.#seq = seq;
        this.#keys = { keys };
      } catch {
        // Of a time before these pins, or of nobody.
      }
    }
    if (this.#seq !== before) onLearnt?.({ hubId, pinned: this.#pinned, seq: this.#seq, keys: this.#keys.keys });
  }
}

/** What was kept of {@link LearntKeys}; undefined where it cannot be read. */
export function readLearntKeys(text: string): LearntKeys | undefined {
  try {
    const read: unknown = JSON.parse(text);
    if (!isPublicKeys(read)) return undefined;
    const { hubId, pinned, seq } = read as Partial<LearntKeys>;
    if (typeof hubId !== 'string' || !Array.isArray(pinned) || !Number.isSafeInteger(seq)) return undefined;
    return { hubId, pinned: pinned.map(String), seq: Number(seq), keys: read.keys };
  } catch {
    return undefined;
  }
}
