import { matches } from './compare.ts';
import type { Difference } from './run-topic.ts';

/**
 * Why a difference is accepted: `ours` is meant, `older` is that of the testbed's Kubernetes 1.20 to later ones, `open`
 * is a defect that is known and not yet mended.
 */
export type Reason = 'ours' | 'older' | 'open';

/** Differences that are accepted: in these steps, at these places. `*` stands for anything. */
export interface AcceptedDifference {
  readonly steps: readonly string[];
  readonly at: readonly string[];
  readonly because: Reason;
  readonly why: string;
}

/** Every accepted difference. An undeclared one fails the suite, and so does one that no longer shows. */
export const acceptedDifferences: readonly AcceptedDifference[] = [];

/** The differences that nobody has accepted, and the patterns that no difference has met. */
export function judged(found: readonly Difference[]): { undeclared: Difference[]; unused: string[] } {
  const used = new Set<string>();
  const accepts = (difference: Difference): boolean => {
    let accepted = false;
    for (const [index, { steps, at }] of acceptedDifferences.entries()) {
      const step = steps.find(pattern => matches(pattern, difference.step));
      const place = at.find(pattern => matches(pattern, difference.at));
      if (step === undefined || place === undefined) continue;
      used.add(`${index} ${step}`).add(`${index} ${place}`);
      accepted = true;
    }
    return accepted;
  };
  const undeclared = found.filter(difference => !accepts(difference));
  const unused = acceptedDifferences.flatMap(({ steps, at, why }, index) =>
    [...steps, ...at].filter(pattern => !used.has(`${index} ${pattern}`)).map(pattern => `${pattern} (${why})`),
  );
  return { undeclared, unused };
}
