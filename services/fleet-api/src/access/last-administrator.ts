import type { Registry } from '@drover/apiserver';
import { groupsOf, type User } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { users } from '../resources/index.ts';
import type { Rights } from './rights.ts';

/**
 * Refuses what would leave the hub without anybody who may do everything: who does it by mistake could not undo it. `next`:
 * what the user becomes; undefined: he is deleted. Throws `forbidden`.
 */
export function requireAdministratorLeft(
  { registry, rights }: { readonly registry: Registry; readonly rights: Rights },
  user: User,
  next: User | undefined,
): void {
  const isAdministrator = (one: User): boolean =>
    one.spec.disabled !== true && rights.mayEverything({ user: one.metadata.name, groups: [...groupsOf(one)] });
  if (!isAdministrator(user) || (next !== undefined && isAdministrator(next))) return;
  const { name } = user.metadata;
  if (registry.list(users).some(other => other.metadata.name !== name && isAdministrator(other))) return;
  throw new DroverError(
    'forbidden',
    `users.drover.dev ${JSON.stringify(name)} is the last administrator of the hub; make another one first`,
    {
      details: { status: { group: users.group, kind: users.plural, name } },
    },
  );
}
