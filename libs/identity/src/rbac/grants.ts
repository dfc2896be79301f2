import {
  allowsPath,
  allowsResource,
  coversResource,
  type PathAccess,
  type PolicyRule,
  type ResourceAccess,
} from './policy-rule.ts';

/** Who holds a binding. */
export interface Subject {
  readonly kind: 'User' | 'Group';
  readonly name: string;
}

/** Whose rights are asked for. */
export interface Holder {
  readonly user: string;
  readonly groups: readonly string[];
}

/** Where a binding counts: one namespace, or (undefined) the whole hub. */
export type Scope = string | undefined;

/** A role bound to a subject. */
export interface Binding {
  readonly subject: Subject;
  readonly scope: Scope;
  /** What the index knows the role's rules by. */
  readonly role: string;
}

/** A namespace in which a holder has rights of his own, and the rules of them. */
export interface NamespaceRules {
  readonly namespace: string;
  readonly rules: readonly PolicyRule[];
}

/** Roles bound to one subject in one scope, each with the number of bindings that say so. */
type RoleCounts = Map<string, number>;

/**
 * Who may do what, by subject: what one request costs depends on the groups of its caller and on the roles bound to them
 * where it asks, and not on how many bindings or roles there are. Roles are looked up by name when a request is judged, so
 * that a change of a role counts at once for all who hold it.
 */
export class Grants {
  readonly #bindings = new Map<string, Binding>();
  readonly #bySubject = new Map<string, Map<Scope, RoleCounts>>();
  readonly #roles = new Map<string, readonly PolicyRule[]>();

  /** How many bindings there are. */
  get size(): number {
    return this.#bindings.size;
  }

  /** Sets a role's rules; undefined: the role is gone, and its bindings give nothing. */
  setRole(role: string, rules: readonly PolicyRule[] | undefined): void {
    if (rules === undefined) this.#roles.delete(role);
    else this.#roles.set(role, rules);
  }

  /** Sets the binding of that id; undefined: it is gone. */
  setBinding(id: string, binding: Binding | undefined): void {
    const old = this.#bindings.get(id);
    if (old !== undefined) this.#count(old, -1);
    if (binding === undefined) this.#bindings.delete(id);
    else {
      this.#bindings.set(id, binding);
      this.#count(binding, 1);
    }
  }

  /** Whether the holder may do it: by a binding for the whole hub, or by one of the namespace asked about. */
  allows(holder: Holder, scope: Scope, access: ResourceAccess): boolean {
    for (const rules of this.#held(holder, scope)) if (rules.some(rule => allowsResource(rule, access))) return true;
    return false;
  }

  /** Whether the holder may reach a path that is no object's; only bindings for the whole hub count. */
  allowsPath(holder: Holder, access: PathAccess): boolean {
    for (const rules of this.#held(holder, undefined)) if (rules.some(rule => allowsPath(rule, access))) return true;
    return false;
  }

  /** The names of objects on which the holder may do it, where he may not do it on all. */
  namesAllowed(holder: Holder, scope: Scope, access: ResourceAccess): Set<string> {
    const found = new Set<string>();
    for (const rules of this.#held(holder, scope))
      for (const rule of rules)
        if (coversResource(rule, access)) for (const name of rule.resourceNames ?? []) found.add(name);
    return found;
  }

  /** Every rule that the holder has in a scope, those of the whole hub among them. */
  rulesOf(holder: Holder, scope: Scope): PolicyRule[] {
    return [...this.#held(holder, scope)].flat();
  }

  /** The namespaces in which the holder has rules of his own, beside those of the whole hub. */
  namespacesOf(holder: Holder): NamespaceRules[] {
    const found = new Map<string, PolicyRule[]>();
    for (const scopes of this.#scopesOf(holder))
      for (const [scope, counts] of scopes) {
        if (scope === undefined) continue;
        const rules = found.get(scope) ?? [];
        for (const role of counts.keys()) rules.push(...(this.#roles.get(role) ?? []));
        found.set(scope, rules);
      }
    return [...found].map(([namespace, rules]) => ({ namespace, rules }));
  }

  *#held(holder: Holder, scope: Scope): Generator<readonly PolicyRule[]> {
    for (const scopes of this.#scopesOf(holder)) {
      yield* this.#rulesIn(scopes.get(undefined));
      if (scope !== undefined) yield* this.#rulesIn(scopes.get(scope));
    }
  }

  *#rulesIn(counts: RoleCounts | undefined): Generator<readonly PolicyRule[]> {
    if (counts === undefined) return;
    for (const role of counts.keys()) {
      const rules = this.#roles.get(role);
      if (rules !== undefined) yield rules;
    }
  }

  *#scopesOf({ user, groups }: Holder): Generator<Map<Scope, RoleCounts>> {
    const own = this.#bySubject.get(keyOf({ kind: 'User', name: user }));
    if (own !== undefined) yield own;
    for (const name of groups) {
      const scopes = this.#bySubject.get(keyOf({ kind: 'Group', name }));
      if (scopes !== undefined) yield scopes;
    }
  }

  #count({ subject, scope, role }: Binding, by: 1 | -1): void {
    const key = keyOf(subject);
    const scopes = this.#bySubject.get(key) ?? new Map<Scope, RoleCounts>();
    const counts = scopes.get(scope) ?? new Map<string, number>();
    const count = (counts.get(role) ?? 0) + by;
    if (count > 0) counts.set(role, count);
    else counts.delete(role);
    if (counts.size > 0) scopes.set(scope, counts);
    else scopes.delete(scope);
    if (scopes.size > 0) this.#bySubject.set(key, scopes);
    else this.#bySubject.delete(key);
  }
}

const keyOf = ({ kind, name }: Subject): string => `${kind === 'User' ? 'u' : 'g'}${name}`;
