import { kubectl } from './kubectl.ts';
import { life } from './life.ts';
import { reading } from './reading.ts';
import { type AcceptedPlaces, type Reason, type ReasonName, reasons } from './reasons.ts';
import { servers } from './servers.ts';
import { writing } from './writing.ts';

export type { Because } from './reasons.ts';

/** Differences that are accepted for one reason. */
export interface AcceptedDifference extends Reason {
  readonly places: readonly AcceptedPlaces[];
}

/** Every accepted difference; docs/conformance.md is made from it. The files are those of the cases. */
const places = [...reading, ...writing, ...life, ...servers, ...kubectl];

export const acceptedDifferences: readonly AcceptedDifference[] = Object.entries<Reason>(reasons).map(
  ([name, reason]) => ({ ...reason, places: places.filter(place => place.reason === (name as ReasonName)) }),
);
