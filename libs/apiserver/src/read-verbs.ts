import type { ServerResponse } from 'node:http';
import { notFound } from './failures.ts';
import type { KeptObject } from './kept-object.ts';
import { objectList, partialLine, partialList } from './list-json.ts';
import { presentOne } from './representation.ts';
import type { ResourceRequest } from './request.ts';
import { groupVersion } from './resource-type.ts';
import { sendBytes, sendJson } from './responses.ts';
import { type Choice, everything, type Selector } from './selectors.ts';
import { tableOf } from './table.ts';
import type { VerbParts } from './verb-parts.ts';
import { serveWatch, type WatchForm } from './watch-response.ts';

/** A watch lives between once and twice this long unless it says otherwise; as kube-apiserver. */
const minWatchMs = 30 * 60_000;

/** get, list and watch: served from the watch cache alone, from bytes that are there already where that can be. */
export class ReadVerbs {
  readonly #parts: VerbParts;

  constructor(parts: VerbParts) {
    this.#parts = parts;
  }

  async get(response: ServerResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
    const { type, wanted, name = '' } = asked;
    const found = this.#parts.registry.kept(type, name, asked.namespace);
    if (found === undefined || !(exists === everything || exists(found.object))) throw notFound(type, name);
    if (wanted.form === 'object') sendBytes(response, 200, found.line);
    else if (wanted.form === 'metadata') sendBytes(response, 200, partialLine(found));
    else sendJson(response, 200, presentOne(type, found.shown, wanted, this.#parts.clock.now()));
  }

  async list(response: ServerResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
    const { cache } = this.#parts;
    const { revision = 0 } = asked;
    await cache.until(
      () => cache.revision >= revision,
      `Too large resource version: ${revision}, current: ${cache.revision}`,
    );
    const choice = choiceOf(asked, exists);
    const prefix = prefixOf(asked);
    if (choice !== undefined || asked.wanted.form === 'table') {
      const all = cache.list(prefix);
      return sendBytes(response, 200, this.#listOf(asked, choice === undefined ? all : all.filter(choice)));
    }
    const list = cache.wholeList(prefix, asked.wanted.form, revision, objects => this.#listOf(asked, objects));
    sendBytes(response, 200, list);
  }

  async watch(response: ServerResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
    const { cache, clock, random } = this.#parts;
    const { type, name } = asked;
    const prefix = prefixOf(asked);
    await serveWatch(response, {
      cache,
      resource: type.plural,
      prefix,
      from: asked.revision,
      initial: asked.initialEvents || asked.revision === undefined,
      marksInitialEnd: asked.initialEvents,
      bookmarks: asked.bookmarks,
      selects: allOf(choiceOf(asked, exists), name === undefined ? undefined : object => object.name === name),
      timeoutMs: asked.timeoutMs ?? minWatchMs * (1 + random()),
      clock,
      form: this.#watchForm(asked),
    });
  }

  #listOf({ type, wanted }: ResourceRequest, objects: readonly KeptObject[]): Buffer {
    const resourceVersion = String(this.#parts.cache.revision);
    const metadata = { continue: '', resourceVersion };
    if (wanted.form === 'object') return objectList(type, objects, metadata);
    if (wanted.form === 'metadata') return partialList(objects, metadata);
    const items = objects.map(object => object.shown);
    const nowMs = this.#parts.clock.now();
    const table = tableOf(type, items, { nowMs, include: wanted.include, resourceVersion });
    return Buffer.from(`${JSON.stringify(table)}\n`, 'utf8');
  }

  #watchForm({ type, wanted }: ResourceRequest): WatchForm {
    const { clock } = this.#parts;
    const mark = { kind: type.kind, apiVersion: groupVersion(type) };
    const plainMark = (metadata: object): string => JSON.stringify({ ...mark, metadata });
    if (wanted.form === 'object') return { shared: 'object', json: object => object.line, bookmark: plainMark };
    const empty = { name: '', uid: '', creationTimestamp: '' };
    return {
      shared: wanted.form === 'metadata' ? 'metadata' : undefined,
      json: (object, first) =>
        wanted.form === 'metadata'
          ? partialLine(object)
          : JSON.stringify(presentOne(type, object.shown, wanted, clock.now(), first)),
      bookmark: (metadata, first) => {
        const object = { ...mark, metadata: { ...empty, ...metadata } };
        return JSON.stringify(presentOne(type, object, { ...wanted, include: 'Metadata' }, clock.now(), first));
      },
    };
  }
}

/** What the keys of the objects begin with. */
const prefixOf = ({ type, namespace }: ResourceRequest): string =>
  namespace === undefined ? `${type.plural}.` : `${type.plural}.${namespace}.`;

/** What of the objects is meant and exists for the caller; undefined: all. */
const choiceOf = ({ selects }: ResourceRequest, exists: Selector): Choice | undefined =>
  allOf(selects, exists === everything ? undefined : ({ object }) => exists(object));

function allOf(one: Choice | undefined, other: Choice | undefined): Choice | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return object => one(object) && other(object);
}
