import type { ResourceType } from '@drover/apiserver';
import { type Password, resources } from '@drover/contracts';

/** Hashes of local users' passwords, under the users' names. Kept, and never served. */
export const passwords: ResourceType<Password> = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'Password',
  plural: resources.passwords,
  singular: 'password',
  shortNames: [],
  namespaced: false,
  verbs: [],
  status: false,
  hidden: ['hash'],
  fields: {},
  columns: [],
};
