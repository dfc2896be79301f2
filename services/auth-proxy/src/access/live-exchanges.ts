import { type Cancel, type Clock, every } from '@drover/async';
import { DroverError } from '@drover/errors';

/** A request in flight that can be cut. */
export interface Cuttable {
  readonly tokenId: string;
  readonly user: string;
  readonly clusterUid: string;
  readonly expiresAtMs: number;
  cut(error: DroverError): void;
}

/** How often the end of credentials is looked for. */
const sweepMs = 500;

/** The requests in flight, so that a watch or a shell ends with the credential that it was opened by (T5). */
export class LiveExchanges {
  readonly #live = new Set<Cuttable>();
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

  add(exchange: Cuttable): void {
    this.#live.add(exchange);
  }

  remove(exchange: Cuttable): void {
    this.#live.delete(exchange);
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

  close(): void {
    this.#cancel();
    this.cutWhere(() => true, new DroverError('tunnel-lost', 'the hub stops'));
  }
}
