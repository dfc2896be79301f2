import type { User } from './schemas/index.ts';

/** Of each User object that was asked for: whoever asks again gets the same list while the object is the same. */
const known = new WeakMap<User, readonly string[]>();

/**
 * Every group of a user: those that an administrator gave (`spec.groups`), then those that providers tell
 * (`status.groups`, each as `<provider>:<group>`), none twice.
 */
export function groupsOf(user: User): readonly string[] {
  const told = user.status?.groups;
  const given = user.spec.groups ?? [];
  if (told === undefined || told.length === 0) return given;
  let all = known.get(user);
  if (all === undefined) {
    all = [...new Set([...given, ...told])];
    known.set(user, all);
  }
  return all;
}
