import type { AuthProvider } from '@drover/contracts';

/** Who asks to come in, as far as access modes look. */
export interface Entrant {
  readonly subject: string;
  /** As the provider names them. */
  readonly groups: readonly string[];
  /**
   * The user of the hub that the subject already is. Never the name at the provider, which whoever comes there first may
   * have chosen (T10).
   */
  readonly user?: string | undefined;
}

/** Whether the provider's access mode lets somebody in; without one it lets in nobody. */
export function mayEnter(access: AuthProvider['spec']['access'], { subject, groups, user }: Entrant): boolean {
  switch (access?.mode) {
    case 'anyone':
      return true;
    case 'groups':
      return access.groups?.some(group => groups.includes(group)) ?? false;
    case 'users':
      return access.users?.some(one => one === subject || one === user) ?? false;
    case undefined:
      return false;
  }
}
