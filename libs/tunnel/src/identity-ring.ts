import { limits } from './limits.ts';

/**
 * The identities (assertions, as compact JWS) that one direction of a session has carried: each travels once and is
 * then named by its place in a ring. Both ends replace the same place at the same time, since frames keep their order.
 */
export class IdentityRing {
  readonly #numbers = new Map<string, number>();
  readonly #assertions: string[] = [];
  #next = 0;

  /** The number by which the peer knows the assertion; undefined: it must be sent, with the number that `add` gives. */
  find(assertion: string): number | undefined {
    return this.#numbers.get(assertion);
  }

  /** Gives an assertion that is not in the ring a number, from 1 to `limits.maxIdentities`; the oldest loses its own. */
  add(assertion: string): number {
    const place = this.#next;
    this.#next = (place + 1) % limits.maxIdentities;
    const replaced = this.#assertions[place];
    if (replaced !== undefined) this.#numbers.delete(replaced);
    this.#assertions[place] = assertion;
    this.#numbers.set(assertion, place + 1);
    return place + 1;
  }
}
