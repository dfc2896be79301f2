import { type ResourceType, refusedFor } from '@drover/apiserver';
import { adminGroup, type RoleRule } from '@drover/contracts';
import { type Holder, type PolicyRule, uncovered } from '@drover/identity';
import type { Caller } from '../domain/authorization.ts';
import { missingRules } from '../domain/missing-rules.ts';
import type { globalRoles, roleTemplates } from '../resources/index.ts';
import { everything } from './built-in-global-roles.ts';
import type { Rights } from './rights.ts';

const group = 'drover.dev';

/** What is about to be given away, and by which write: for the message. */
interface Giving {
  readonly type: ResourceType;
  readonly name: string;
}

/** Nobody gives what he does not hold, as in Kubernetes' RBAC. */
export class Escalation {
  readonly #rights: Rights;

  constructor(rights: Rights) {
    this.#rights = rights;
  }

  /** A role is written by who holds its rules on the whole hub, or the verb `escalate` on it. */
  requireRole(caller: Caller, { type, name }: Giving, rules: readonly PolicyRule[]): void {
    const { grants } = this.#rights;
    if (grants.allows(caller, undefined, { verb: 'escalate', group, resource: type.plural, name })) return;
    this.#require(caller, { type, name }, grants.rulesOf(caller, undefined), rules);
  }

  /** A role is bound by who holds its rules in the scopes where it will count, or the verb `bind` on it there. */
  requireBinding(
    caller: Caller,
    giving: Giving,
    role: { readonly type: typeof globalRoles | typeof roleTemplates; readonly name: string },
    rules: readonly PolicyRule[],
    scopes: readonly (string | undefined)[],
  ): void {
    const { grants } = this.#rights;
    const access = { verb: 'bind', group, resource: role.type.plural, name: role.name };
    if (scopes.some(scope => grants.allows(caller, scope, access))) return;
    const held = scopes.flatMap(scope => grants.rulesOf(caller, scope));
    this.#require(caller, giving, held, rules);
  }

  /**
   * Who can act as another (by a token or a password of his, or by making him a member of a group) gets all that the other
   * holds: so he must hold it himself, everywhere, or the verb `impersonate` on each of the other's names.
   */
  requireRightsOf(caller: Caller, giving: Giving, other: Holder): void {
    const { grants } = this.#rights;
    if (this.mayImpersonate(caller, other)) return;
    const wanted = grants.rulesOf(other, undefined);
    // The hub's administrators are known to every cluster's door by their group, whatever is bound here.
    if (other.groups.includes(adminGroup)) wanted.push(...everything);
    this.#require(caller, giving, grants.rulesOf(caller, undefined), wanted);
    for (const { namespace, rules } of grants.namespacesOf(other)) {
      const held = grants.rulesOf(caller, namespace);
      const [cluster = '', project] = namespace.split('/');
      if (project !== undefined) held.push(...grants.rulesOf(caller, cluster));
      this.#require(caller, giving, held, rules);
    }
  }

  /** Whether the verb `impersonate` is held on the user and on each of the groups. */
  mayImpersonate(caller: Caller, { user, groups }: Holder): boolean {
    const { grants } = this.#rights;
    const may = (resource: string, name: string): boolean =>
      ['', group].some(of => grants.allows(caller, undefined, { verb: 'impersonate', group: of, resource, name }));
    return (user === '' || may('users', user)) && groups.every(name => may('groups', name));
  }

  #require(caller: Caller, { type, name }: Giving, held: readonly PolicyRule[], wanted: readonly PolicyRule[]): void {
    const missing = uncovered(held, wanted);
    if (missing.length === 0) return;
    const groups = caller.groups.map(one => JSON.stringify(one)).join(' ');
    const who = `user ${JSON.stringify(caller.user)} (groups=[${groups}])`;
    const what = 'is attempting to grant RBAC permissions not currently held';
    throw refusedFor(type, name, `${who} ${what}:\n${missingRules(missing).join('\n')}`);
  }
}

/** Whether two lists of rules say the same in the same words: then nothing is given. */
export const sameRules = (one: readonly RoleRule[] | undefined, other: readonly RoleRule[] | undefined): boolean =>
  JSON.stringify(one ?? []) === JSON.stringify(other ?? []);
