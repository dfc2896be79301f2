import type { ResourceType } from '@drover/apiserver';
import { type Identity, identityKind } from '@drover/contracts';

/** Whom the subjects of providers are on the hub. Kept, and never served. */
export const identities: ResourceType<Identity> = {
  ...identityKind,
  verbs: [],
  columns: [],
};
