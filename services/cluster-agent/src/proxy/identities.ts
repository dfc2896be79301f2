import { DroverError } from '@drover/errors';
import { type AssertionVerifier, checkCarriable, type Identity, isSystemName } from '@drover/identity';
import { limits } from '@drover/tunnel';

/** An identity that was verified, as the headers that make a request its own. */
export interface ActingIdentity {
  /** Flat: `Impersonate-User`, every `Impersonate-Group`, every `Impersonate-Extra-…`. */
  readonly headers: readonly string[];
  readonly expiresAtMs: number;
}

type Place = ActingIdentity | DroverError | Promise<ActingIdentity | DroverError>;

/** The identities of one tunnel session by their numbers: each is verified once, when it is named. */
export class Identities {
  readonly #verifier: AssertionVerifier;
  readonly #now: () => number;
  readonly #places: (Place | undefined)[] = new Array(limits.maxIdentities + 1).fill(undefined);

  constructor(verifier: AssertionVerifier, now: () => number) {
    this.#verifier = verifier;
    this.#now = now;
  }

  /** The hub names an assertion by a number, for the streams that follow. */
  name(number: number, assertion: string): void {
    const verified = this.#verify(assertion).then(place => {
      if (this.#places[number] === verified) this.#places[number] = place;
      return place;
    });
    this.#places[number] = verified;
  }

  /** Who acts in a stream that names `number`; an error where nobody does. A promise only while it is being verified. */
  of(number: number): ActingIdentity | DroverError | Promise<ActingIdentity | DroverError> {
    const place = this.#places[number];
    if (place === undefined) return new DroverError('identity-missing');
    return place instanceof Promise ? place.then(settled => this.#live(settled)) : this.#live(place);
  }

  #live(place: ActingIdentity | DroverError): ActingIdentity | DroverError {
    if (place instanceof DroverError || this.#now() < place.expiresAtMs) return place;
    return new DroverError('identity-refused', 'the identity assertion has expired');
  }

  async #verify(assertion: string): Promise<ActingIdentity | DroverError> {
    try {
      return actingIdentity(await this.#verifier.verify(assertion, this.#now()));
    } catch (error) {
      return new DroverError('identity-refused', 'the agent could not verify the identity assertion', { cause: error });
    }
  }
}

/** @throws DroverError for a `system:` name or one that headers cannot carry (T4): the hub has no business with them. */
export function actingIdentity(identity: Identity): ActingIdentity {
  const { user, groups, extra, expiresAtMs } = identity;
  checkCarriable(user, groups);
  for (const values of Object.values(extra)) for (const value of values) checkCarriable(value, []);
  const system = [user, ...groups].find(isSystemName);
  if (system !== undefined) throw new DroverError('identity-refused', `${system} may not act through the hub`);
  const headers = ['impersonate-user', user];
  for (const group of groups) headers.push('impersonate-group', group);
  for (const [key, values] of Object.entries(extra)) {
    // `/` is not legal in a header's name; kube-apiserver decodes percent escapes of extra keys (and of nothing else).
    for (const value of values) headers.push(`impersonate-extra-${encodeURIComponent(key)}`, value);
  }
  return { headers, expiresAtMs };
}
