import type { PolicyRule } from '@drover/identity';

/** So many rules are named in a message; it is for people. */
const maxNamed = 50;

/** Rules as kube-apiserver writes them in a refusal: those that differ in their verbs only as one, in order. */
export function missingRules(rules: readonly PolicyRule[]): string[] {
  const verbs = new Map<string, { rule: PolicyRule; verbs: string[] }>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames, rule.nonResourceURLs]);
    const found = verbs.get(key);
    if (found === undefined) verbs.set(key, { rule, verbs: [...rule.verbs] });
    else found.verbs.push(...rule.verbs);
  }
  const lines = [...verbs.values()].map(one => compact({ ...one.rule, verbs: one.verbs })).sort();
  return lines.length <= maxNamed ? lines : [...lines.slice(0, maxNamed), `and ${lines.length - maxNamed} more`];
}

function compact({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const part = (name: string, list: readonly string[] | undefined): string[] =>
    list === undefined || list.length === 0 ? [] : [`${name}:[${list.map(one => JSON.stringify(one)).join(' ')}]`];
  const parts = [
    part('APIGroups', apiGroups),
    part('Resources', resources),
    part('NonResourceURLs', nonResourceURLs),
    part('ResourceNames', resourceNames),
    part('Verbs', verbs),
  ];
  return `{${parts.flat().join(', ')}}`;
}
