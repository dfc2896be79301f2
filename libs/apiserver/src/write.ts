import type { ApiObject } from './object.ts';
import type { Part } from './object-change.ts';
import type { ResourceType } from './resource-type.ts';

/** One write on its way to the store: `after` is what would be stored, with all that the registry makes by itself. */
export interface Write<T extends ApiObject = ApiObject> {
  readonly type: ResourceType<T>;
  /** Absent when the object is made. */
  readonly before: T | undefined;
  readonly after: T;
  readonly part: Part;
  /** As `managedFields` tells it: a server-side apply, or any other write. */
  readonly operation: 'Apply' | 'Update';
  /** The field manager; absent: the program itself. */
  readonly manager: string | undefined;
  readonly nowMs: number;
}

/**
 * What every write passes, whoever makes it, after it is merged and validated; an update again for each
 * try. Gives back what is to be stored. Must be pure: it runs for dry runs too.
 */
export type WriteStep = <T extends ApiObject>(write: Write<T>) => T;
