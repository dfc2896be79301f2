import { acceptedDifferences } from './accepted/index.ts';
import { matches } from './compare.ts';
import type { Difference } from './run-topic.ts';

/** The differences that nobody has accepted, and the places of accepted ones that no difference has met. */
export function judged(found: readonly Difference[]): { undeclared: Difference[]; unused: string[] } {
  const places = acceptedDifferences.flatMap(({ places, sometimes = false }) =>
    places.map(place => ({ ...place, sometimes, used: new Set<string>() })),
  );
  const undeclared = found.filter(difference => {
    const accepting = places.flatMap(({ at, steps, used }) => {
      const place = at.find(pattern => matches(pattern, difference.at));
      const step = steps.find(pattern => matches(pattern, difference.step));
      return place === undefined || step === undefined ? [] : [{ used, place, step }];
    });
    for (const { used, place, step } of accepting) used.add(place).add(step);
    return accepting.length === 0;
  });
  const unused = places.flatMap(({ at, steps, used, sometimes }) =>
    sometimes ? [] : [...at, ...steps].filter(pattern => !used.has(pattern)),
  );
  return { undeclared, unused };
}
