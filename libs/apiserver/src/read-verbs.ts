import type { ApiResponse } from './api-exchange.ts';
import { notFound } from './failures.ts';
import { ListBytes } from './list-bytes.ts';
import { partialLine } from './list-json.ts';
import { choiceOf, isPaged, pageJson, pageOf, prefixOf } from './list-page.ts';
import { presentOne } from './representation.ts';
import type { ResourceRequest } from './request.ts';
import { groupVersion } from './resource-type.ts';
import { sendBytes, sendJson, sendList } from './responses.ts';
import { everything, type Selector } from './selectors.ts';
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

  async get(response: ApiResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
    const { type, wanted, name = '', read } = asked;
    if (read.revision !== undefined) await this.#parts.cache.reach(read.revision);
    const found = this.#parts.registry.kept(type, name, asked.namespace);
    if (found === undefined || !(exists === everything || exists(found.object))) throw notFound(type, name);
    if (wanted.form === 'object') sendBytes(response, 200, found.line);
    else if (wanted.form === 'metadata') sendBytes(response, 200, partialLine(found));
    else sendJson(response, 200, presentOne(type, found.shown, wanted, this.#parts.clock.now()));
  }

  async list(response: ApiResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
    const { cache } = this.#parts;
    const { read, wanted } = asked;
    if (read.revision !== undefined) await cache.reach(read.revision);
    else if (read.continue === undefined) await cache.catchUp();
    const choice = choiceOf(asked, exists);
    const nowMs = this.#parts.clock.now();
    if (isPaged(asked) || choice !== undefined || wanted.form === 'table') {
      const json = pageJson(asked, pageOf(cache, asked, choice), nowMs);
      return sendList(response, new ListBytes(cache.revision, json), asked.gzip);
    }
    const list = cache.wholeList(prefixOf(asked), wanted.form, read.revision ?? 0, objects =>
      pageJson(asked, { objects, metadata: { continue: '', resourceVersion: String(cache.revision) } }, nowMs),
    );
    await sendList(response, list, asked.gzip);
  }

  async watch(response: ApiResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
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
