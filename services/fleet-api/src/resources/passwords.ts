import type { ResourceType } from '@drover/apiserver';
import { type Password, passwordKind } from '@drover/contracts';

/** Hashes of local users' passwords, under the users' names. Kept, and never served. */
export const passwords: ResourceType<Password> = {
  ...passwordKind,
  verbs: [],
  columns: [],
};
