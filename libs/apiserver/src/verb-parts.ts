import type { Clock } from '@drover/async';
import { notFound } from './failures.ts';
import type { ApiObject } from './object.ts';
import type { Registry } from './registry.ts';
import type { ResourceRequest } from './request.ts';
import type { Selector } from './selectors.ts';
import type { WatchCache } from './watch-cache.ts';

/** What the verbs work on. */
export interface VerbParts {
  readonly registry: Registry;
  readonly cache: WatchCache;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The object that a request names. Throws `not-found`, also where it does not exist for its caller. */
export function existing(
  registry: Registry,
  { type, name = '', namespace }: ResourceRequest,
  exists: Selector,
): ApiObject {
  const found = registry.get(type, name, namespace);
  if (!exists(found)) throw notFound(type, name);
  return found;
}
