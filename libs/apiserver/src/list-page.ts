import { objects } from '@drover/contracts';
import { encodeContinue } from './continue-token.ts';
import { continueExpired } from './failures.ts';
import type { KeptObject } from './kept-object.ts';
import { type ListMeta, objectList, partialList, withoutEmptyToken } from './list-json.ts';
import type { ResourceRequest } from './request.ts';
import { allOf, type Choice, everything, type Selector } from './selectors.ts';
import { tableOf } from './table.ts';
import type { WatchCache } from './watch-cache.ts';

/** Which objects a list is made of, and what its metadata say. */
export interface Page {
  readonly objects: readonly KeptObject[];
  readonly metadata: ListMeta;
}

/** What the keys of the objects begin with. */
export const prefixOf = ({ type, namespace }: ResourceRequest): string => objects.prefix(type.plural, namespace);

/** What of the objects is meant and exists for the caller; undefined: all. */
export const choiceOf = ({ read }: ResourceRequest, exists: Selector): Choice | undefined =>
  allOf(read.selects, exists === everything ? undefined : ({ object }) => exists(object));

/** Whether a list is anything else than all that is there now. */
export const isPaged = (asked: ResourceRequest): boolean =>
  asked.read.continue !== undefined || asked.read.match === 'Exact' || limitOf(asked) !== undefined;

/** What the list that is asked for is made of. Throws `gone`. */
export function pageOf(cache: WatchCache, asked: ResourceRequest, choice: Choice | undefined): Page {
  const { read, type } = asked;
  const prefix = prefixOf(asked);
  const limit = limitOf(asked);
  const after = read.continue && keyOf(type.plural, read.continue.after);
  const exact = read.match === 'Exact' || (read.match === undefined && limit !== undefined);
  const at = read.continue === undefined ? (exact ? read.revision : undefined) : read.continue.revision;
  const revision = at === undefined || at === 0 ? cache.revision : at;
  const all = at === undefined || at === 0 ? cache.list(prefix) : listAt(cache, prefix, asked, at);
  const rest = after === undefined ? all : all.slice(firstAfter(all, after));
  const found = limited(rest, choice, limit);
  const last = limit !== undefined && found.length > limit ? found[limit - 1] : undefined;
  if (last === undefined) return { objects: found, metadata: { continue: '', resourceVersion: String(revision) } };
  const token = encodeContinue({
    // An inconsistent list goes on from what is there now, and is consistent from here.
    revision,
    after: last.namespace === '' ? last.name : `${last.namespace}/${last.name}`,
  });
  const metadata = {
    continue: token,
    // Of a selection it is not told, as with kube-apiserver: counting would mean to select everything.
    ...(choice === undefined ? { remainingItemCount: rest.length - (limit ?? 0) } : {}),
    resourceVersion: String(revision),
  };
  return { objects: found.slice(0, limit), metadata };
}

/** The list in the form that was asked for. */
export function pageJson({ type, wanted }: ResourceRequest, { objects: found, metadata }: Page, nowMs: number): Buffer {
  if (wanted.form === 'object') return objectList(type, found, metadata);
  if (wanted.form === 'metadata') return partialList(found, metadata);
  const items = found.map(object => object.shown);
  const table = tableOf(type, items, { nowMs, include: wanted.include, metadata: withoutEmptyToken(metadata) });
  return Buffer.from(`${JSON.stringify(table)}\n`, 'utf8');
}

/** Objects as they were. A page that cannot be had any more comes with a token for what is there now. */
function listAt(cache: WatchCache, prefix: string, { read }: ResourceRequest, revision: number): readonly KeptObject[] {
  const token = read.continue;
  try {
    // A token of before the store went back in time (T31) is as old as one can be.
    if (token === undefined || revision <= cache.revision) return cache.listAt(prefix, revision);
  } catch (error) {
    if (token === undefined) throw error;
  }
  throw continueExpired(encodeContinue({ revision: undefined, after: token.after }));
}

/** At resourceVersion 0 a list is whole, as with kube-apiserver: who asks for whatever is there has no pages. */
const limitOf = ({ read }: ResourceRequest): number | undefined =>
  read.revision === 0 && read.continue === undefined ? undefined : read.limit;

/** The chosen objects; of more than `limit` one more than that, since whether there are more is all that must be known. */
function limited(
  found: readonly KeptObject[],
  choice: Choice | undefined,
  limit: number | undefined,
): readonly KeptObject[] {
  if (choice === undefined) return limit === undefined ? found : found.slice(0, limit + 1);
  if (limit === undefined) return found.filter(choice);
  const chosen: KeptObject[] = [];
  for (const object of found) {
    if (choice(object)) chosen.push(object);
    if (chosen.length > limit) break;
  }
  return chosen;
}

/** The key of what a token names; it is only compared with, so that any text will do. */
function keyOf(plural: string, after: string): string {
  const slash = after.indexOf('/');
  return slash < 0 ? `${plural}._.${after}` : `${plural}.${after.slice(0, slash)}.${after.slice(slash + 1)}`;
}

/** Where the first object whose key is behind `key` is. */
function firstAfter(found: readonly KeptObject[], key: string): number {
  const at = found.findIndex(object => object.key > key);
  return at < 0 ? found.length : at;
}
