import type { KindDeclaration, ObjectOf } from '../kind.ts';

export const passwordKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'Password',
  plural: 'passwords',
  singular: 'password',
  shortNames: [],
  namespaced: false,
  description: 'A local user’s password, under the user’s name. Kept, and never served.',
  status: false,
  hidden: ['hash', 'mustChange'],
  fields: {},
} as const satisfies KindDeclaration;

/**
 * A local user's password, kept apart from the user so that only fleet-api may read it. `hash` is a PHC string:
 * `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
 */
export interface Password extends Omit<ObjectOf<typeof passwordKind>, 'mustChange'> {
  /** `true`: somebody else chose it, and the user gives another before anything else. */
  mustChange?: string;
}
