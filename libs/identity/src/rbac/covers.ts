import { matchesPath, type PolicyRule } from './policy-rule.ts';

/** How many simple rules are compared at most; a request with more is not understood, and so not covered. */
const maxSimpleRules = 20_000;

/**
 * What of `wanted` the rules `held` do not allow; empty: whoever holds `held` holds `wanted`. Every wanted rule is broken
 * down to single verbs, groups, resources and names, as in Kubernetes' escalation check
 * (k8s.io/component-helpers/auth/rbac/validation.Covers): one held rule must allow each.
 */
export function uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  const missing: PolicyRule[] = [];
  let seen = 0;
  for (const rule of wanted) {
    // A rule that stands word for word among the held ones needs no breaking down.
    if (held.some(one => coversSimple(one, rule))) continue;
    for (const simple of simpleRules(rule)) {
      if (++seen > maxSimpleRules) return [...missing, rule];
      if (!held.some(one => coversSimple(one, simple))) missing.push(simple);
    }
  }
  return missing;
}

/** Whether every part of `rule` is in the one rule `held`. */
function coversSimple(held: PolicyRule, rule: PolicyRule): boolean {
  if (!holdsAll(held.verbs, rule.verbs)) return false;
  const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  if (!nonResourceURLs.every(path => (held.nonResourceURLs ?? []).some(pattern => matchesPath(pattern, path)))) {
    return false;
  }
  if (apiGroups.length === 0 && resources.length === 0) return true;
  return (
    holdsAll(held.apiGroups ?? [], apiGroups) &&
    resources.every(resource => holdsResource(held.resources ?? [], resource)) &&
    holdsNames(held.resourceNames ?? [], resourceNames)
  );
}

const holdsAll = (held: readonly string[], wanted: readonly string[]): boolean =>
  held.includes('*') || wanted.every(one => held.includes(one));

function holdsResource(held: readonly string[], wanted: string): boolean {
  if (held.includes('*') || held.includes(wanted)) return true;
  const [resource, ...subresource] = wanted.split('/');
  return resource !== undefined && subresource.length > 0 && held.includes(`*/${subresource.join('/')}`);
}

const holdsNames = (held: readonly string[], wanted: readonly string[]): boolean =>
  held.length === 0 || (wanted.length > 0 && wanted.every(name => held.includes(name)));

/** A rule as the rules of one verb, one group, one resource and one name, or of one verb and one path, that say the same. */
function* simpleRules({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): Generator<PolicyRule> {
  for (const verb of verbs) {
    for (const group of apiGroups)
      for (const resource of resources) {
        const simple = { verbs: [verb], apiGroups: [group], resources: [resource] };
        if (resourceNames.length === 0) yield simple;
        for (const name of resourceNames) yield { ...simple, resourceNames: [name] };
      }
    for (const path of nonResourceURLs) yield { verbs: [verb], nonResourceURLs: [path] };
  }
}
