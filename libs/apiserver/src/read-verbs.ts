import type { ServerResponse } from 'node:http';
import { encodeContinue } from './continue-token.ts';
import { continueExpired, notFound } from './failures.ts';
import type { KeptObject } from './kept-object.ts';
import { ListBytes } from './list-bytes.ts';
import { type ListMeta, objectList, partialLine, partialList } from './list-json.ts';
import { presentOne } from './representation.ts';
import type { ResourceRequest } from './request.ts';
import { groupVersion } from './resource-type.ts';
import { sendBytes, sendJson, sendList } from './responses.ts';
import { allOf, type Choice, everything, type Selector } from './selectors.ts';
import { tableOf } from './table.ts';
import type { VerbParts } from './verb-parts.ts';
import { serveWatch, type WatchForm } from './watch-response.ts';

/** A watch lives between once and twice this long unless it says otherwise; as kube-apiserver. */
const minWatchMs = 30 * 60_000;

/** Which objects a list is made of, and what its metadata say. */
interface Page {
  readonly objects: readonly KeptObject[];
  readonly metadata: ListMeta;
}

/** get, list and watch: served from the watch cache alone, from bytes that are there already where that can be. */
export class ReadVerbs {
  readonly #parts: VerbParts;

  constructor(parts: VerbParts) {
    this.#parts = parts;
  }

  async get(response: ServerResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
    const { type, wanted, name = '', read } = asked;
    if (read.revision !== undefined) await this.#parts.cache.reach(read.revision);
    const found = this.#parts.registry.kept(type, name, asked.namespace);
    if (found === undefined || !(exists === everything || exists(found.object))) throw notFound(type, name);
    if (wanted.form === 'object') sendBytes(response, 200, found.line);
    else if (wanted.form === 'metadata') sendBytes(response, 200, partialLine(found));
    else sendJson(response, 200, presentOne(type, found.shown, wanted, this.#parts.clock.now()));
  }

  async list(response: ServerResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
    const { cache } = this.#parts;
    const { read, wanted } = asked;
    if (read.revision !== undefined) await cache.reach(read.revision);
    const choice = choiceOf(asked, exists);
    const prefix = prefixOf(asked);
    const paged = read.continue !== undefined || read.match === 'Exact' || limitOf(asked) !== undefined;
    if (paged || choice !== undefined || wanted.form === 'table') {
      const page = this.#page(asked, prefix, choice);
      return sendList(response, new ListBytes(cache.revision, this.#listOf(asked, page)), asked.gzip);
    }
    const list = cache.wholeList(prefix, wanted.form, read.revision ?? 0, objects =>
      this.#listOf(asked, { objects, metadata: { continue: '', resourceVersion: String(cache.revision) } }),
    );
    await sendList(response, list, asked.gzip);
  }

  async watch(response: ServerResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
    const { cache, clock, random } = this.#parts;
    const { type, read } = asked;
    const from = read.revision === 0 ? undefined : read.revision;
    await serveWatch(response, {
      cache,
      resource: type.plural,
      prefix: prefixOf(asked),
      from,
      initial: read.initialEvents ?? from === undefined,
      marksInitialEnd: read.initialEvents === true && read.bookmarks,
      bookmarks: read.bookmarks,
      selects: choiceOf(asked, exists),
      timeoutMs: read.timeoutMs ?? minWatchMs * (1 + random()),
      clock,
      form: this.#watchForm(asked),
    });
  }

  /** What a list that is not simply everything is made of. Throws `gone`. */
  #page(asked: ResourceRequest, prefix: string, choice: Choice | undefined): Page {
    const { cache } = this.#parts;
    const { read, type } = asked;
    const limit = limitOf(asked);
    const after = read.continue && keyOf(type.plural, read.continue.after);
    const exact = read.match === 'Exact' || (read.match === undefined && limit !== undefined);
    const at = read.continue === undefined ? (exact ? read.revision : undefined) : read.continue.revision;
    const revision = at === undefined || at === 0 ? cache.revision : at;
    const all = at === undefined || at === 0 ? cache.list(prefix) : this.#listAt(prefix, asked, at);
    const rest = after === undefined ? all : all.slice(firstAfter(all, after));
    const objects = limited(rest, choice, limit);
    const last = limit !== undefined && objects.length > limit ? objects[limit - 1] : undefined;
    if (last === undefined) return { objects, metadata: { continue: '', resourceVersion: String(revision) } };
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
    return { objects: objects.slice(0, limit), metadata };
  }

  /** Objects as they were. A page that cannot be had any more comes with a token for what is there now. */
  #listAt(prefix: string, { read }: ResourceRequest, revision: number): readonly KeptObject[] {
    const { cache } = this.#parts;
    const token = read.continue;
    try {
      // A token of before the store went back in time (T31) is as old as one can be.
      if (token === undefined || revision <= cache.revision) return cache.listAt(prefix, revision);
    } catch (error) {
      if (token === undefined) throw error;
    }
    throw continueExpired(encodeContinue({ revision: undefined, after: token.after }));
  }

  #listOf({ type, wanted }: ResourceRequest, { objects, metadata }: Page): Buffer {
    if (wanted.form === 'object') return objectList(type, objects, metadata);
    if (wanted.form === 'metadata') return partialList(objects, metadata);
    const items = objects.map(object => object.shown);
    const nowMs = this.#parts.clock.now();
    const table = tableOf(type, items, { nowMs, include: wanted.include, metadata: tableMeta(metadata) });
    return Buffer.from(`${JSON.stringify(table)}\n`, 'utf8');
  }

  #watchForm({ type, wanted }: ResourceRequest): WatchForm {
    const { clock } = this.#parts;
    const mark = { kind: type.kind, apiVersion: groupVersion(type) };
    const empty = { name: '', uid: '', creationTimestamp: '' };
    switch (wanted.form) {
      case 'object':
        return {
          shared: () => 'object',
          json: object => object.line,
          bookmark: metadata => JSON.stringify({ ...mark, metadata }),
        };
      case 'metadata':
        return {
          shared: () => 'metadata',
          json: partialLine,
          bookmark: metadata =>
            JSON.stringify({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }),
        };
      case 'table':
        return {
          // Ages are told in seconds; the first row carries the columns' definitions.
          shared: first => (first ? undefined : `table ${wanted.include} ${Math.floor(clock.now() / 1000)}`),
          json: (object, first) => JSON.stringify(presentOne(type, object.shown, wanted, clock.now(), first)),
          bookmark: (metadata, first) => {
            const object = { ...mark, metadata: { ...empty, ...metadata } };
            return JSON.stringify(presentOne(type, object, { ...wanted, include: 'Metadata' }, clock.now(), first));
          },
        };
    }
  }
}

/** What the keys of the objects begin with. */
const prefixOf = ({ type, namespace }: ResourceRequest): string =>
  namespace === undefined ? `${type.plural}.` : `${type.plural}.${namespace}.`;

/** What of the objects is meant and exists for the caller; undefined: all. */
const choiceOf = ({ read }: ResourceRequest, exists: Selector): Choice | undefined =>
  allOf(read.selects, exists === everything ? undefined : ({ object }) => exists(object));

/** At resourceVersion 0 a list is whole, as with kube-apiserver: who asks for whatever is there has no pages. */
const limitOf = ({ read }: ResourceRequest): number | undefined =>
  read.revision === 0 && read.continue === undefined ? undefined : read.limit;

/** The chosen objects; of more than `limit` one more than that, since whether there are more is all that must be known. */
function limited(
  objects: readonly KeptObject[],
  choice: Choice | undefined,
  limit: number | undefined,
): readonly KeptObject[] {
  if (choice === undefined) return limit === undefined ? objects : objects.slice(0, limit + 1);
  if (limit === undefined) return objects.filter(choice);
  const chosen: KeptObject[] = [];
  for (const object of objects) {
    if (choice(object)) chosen.push(object);
    if (chosen.length > limit) break;
  }
  return chosen;
}

/** The key of what a token names. */
function keyOf(plural: string, after: string): string {
  const slash = after.indexOf('/');
  return slash < 0 ? `${plural}._.${after}` : `${plural}.${after.slice(0, slash)}.${after.slice(slash + 1)}`;
}

/** Where the first object whose key is behind `key` is. */
function firstAfter(objects: readonly KeptObject[], key: string): number {
  const found = objects.findIndex(object => object.key > key);
  return found < 0 ? objects.length : found;
}

const tableMeta = ({ continue: token, ...metadata }: ListMeta): object =>
  token === '' ? metadata : { ...metadata, continue: token };
