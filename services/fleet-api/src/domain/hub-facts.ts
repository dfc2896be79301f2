import type { Durability } from '@drover/bus';
import type { PublicKeys } from '@drover/identity';

/** What the hub knows of itself, the same for every request. */
export interface HubFacts {
  /** Made at its first start; agents' proofs of possession sign it. */
  readonly id: string;
  /** The front door, without a slash at its end. */
  readonly url: string;
  /** Where agents dial. */
  readonly tunnelUrls: readonly string[];
  /** PEM of the CA that signed the server certificate. */
  readonly ca: string;
  /** PEM of the front door's certificate: its public key is pinned by the import command. */
  readonly serverCertificate: string;
  /** The public keys that verify identity assertions, as they are now: keys are rotated. */
  readonly identityKeys: () => PublicKeys;
  /** The image of the agent in import manifests. */
  readonly agentImage: string;
  /** What stands before hub names in clusters; default `drover:`. */
  readonly userPrefix?: string;
  /** What acknowledged writes survive, by who configured NATS (T31); absent: only what its version says is known. */
  readonly durability?: Durability;
}
