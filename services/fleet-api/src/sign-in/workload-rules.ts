import type { WorkloadProviderSpec } from '@drover/contracts';
import { type Claims, claimAt, comparable } from './claims.ts';

/** Who becomes whom. */
export type WorkloadRule = WorkloadProviderSpec['rules'][number];

/** No claim that names a workload is longer, and matching takes the length of the text times that of the pattern. */
const maxTextLength = 1024;

/** The first rule all of whose claims match. */
export const ruleOf = (rules: readonly WorkloadRule[], claims: Claims): WorkloadRule | undefined =>
  rules.find(rule =>
    Object.entries(rule.claims).every(([path, pattern]) =>
      comparable(claimAt(claims, path)).some(text => matchesGlob(pattern, text)),
    ),
  );

/**
 * `*` stands for anything but `/` and `:`, so that it stays in its place of a path or of a subject such as
 * `repo:acme/shop:ref:refs/heads/main`, whose parts others may choose; `**` stands for anything.
 *
 * Every place of the text that the pattern may have come to is followed at once: no pattern and no text make it slow.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  if (text.length > maxTextLength) return false;
  let reached = Array.from({ length: text.length + 1 }, (_, index) => index === 0);
  for (const [token] of pattern.matchAll(/\*\*+|\*|[^*]/gs)) {
    const next = new Array<boolean>(text.length + 1).fill(false);
    for (let at = 0; at <= text.length; at++) {
      const before = text[at - 1];
      if (token.startsWith('*')) {
        const passes = before !== undefined && (token !== '*' || (before !== '/' && before !== ':'));
        next[at] = reached[at] === true || (passes && next[at - 1] === true);
      } else next[at] = before === token && reached[at - 1] === true;
    }
    reached = next;
  }
  return reached[text.length] === true;
}
