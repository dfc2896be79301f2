import type { PolicyRule } from './policy-rule.ts';

/** A role that may take over the rules of others. */
export interface InheritingRole {
  readonly rules: readonly PolicyRule[];
  readonly inherits: readonly string[];
}

/** All rules of a role, those of the roles that it inherits among them; a role that is not there gives nothing, and a cycle nothing twice. */
export function inheritedRules(name: string, roleOf: (name: string) => InheritingRole | undefined): PolicyRule[] {
  const rules: PolicyRule[] = [];
  const seen = new Set<string>();
  const waiting = [name];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const role = roleOf(next);
    if (role === undefined) continue;
    rules.push(...role.rules);
    waiting.push(...role.inherits);
  }
  return rules;
}

/** The way by which a role would inherit itself (`a`, `b`, `a`), or undefined. */
export function inheritanceCycle(
  name: string,
  inherits: readonly string[],
  roleOf: (name: string) => InheritingRole | undefined,
): readonly string[] | undefined {
  const seen = new Set<string>();
  const visit = (next: readonly string[], way: readonly string[]): readonly string[] | undefined => {
    for (const one of next) {
      if (one === name) return [...way, one];
      if (seen.has(one)) continue;
      seen.add(one);
      const found = visit(roleOf(one)?.inherits ?? [], [...way, one]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return visit(inherits, [name]);
}
