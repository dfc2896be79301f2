import type { ServerResponse } from 'node:http';
import { shown } from './draft.ts';
import { presentList, presentOne } from './representation.ts';
import type { ResourceRequest } from './request.ts';
import { groupVersion } from './resource-type.ts';
import { sendJson } from './responses.ts';
import type { Selector } from './selectors.ts';
import { existing, type VerbParts } from './verb-parts.ts';
import { serveWatch } from './watch-response.ts';

/** A watch lives between once and twice this long unless it says otherwise; as kube-apiserver. */
const minWatchMs = 30 * 60_000;

/** get, list and watch: served from the watch cache alone. */
export class ReadVerbs {
  readonly #parts: VerbParts;

  constructor(parts: VerbParts) {
    this.#parts = parts;
  }

  async get(response: ServerResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
    const { registry, clock } = this.#parts;
    const object = existing(registry, asked, exists);
    sendJson(response, 200, presentOne(asked.type, shown(asked.type, object), asked.wanted, clock.now()));
  }

  async list(response: ServerResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
    const { cache, clock } = this.#parts;
    const { type, wanted, revision = 0 } = asked;
    await cache.until(
      () => cache.revision >= revision,
      `Too large resource version: ${revision}, current: ${cache.revision}`,
    );
    const items = this.#parts.registry
      .list(type, asked.namespace)
      .filter(object => asked.selects(object) && exists(object));
    const visible = items.map(object => shown(type, object));
    sendJson(response, 200, presentList(type, visible, String(cache.revision), wanted, clock.now()));
  }

  async watch(response: ServerResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
    const { cache, clock, random } = this.#parts;
    const { type, wanted, name } = asked;
    await serveWatch(response, {
      cache,
      resource: type.plural,
      from: asked.initialEvents ? undefined : asked.revision,
      marksInitialEnd: asked.initialEvents,
      bookmarks: asked.bookmarks,
      selects: object =>
        asked.selects(object) && exists(object) && (name === undefined || object.metadata.name === name),
      timeoutMs: asked.timeoutMs ?? minWatchMs * (1 + random()),
      clock,
      present: (object, first) => presentOne(type, shown(type, object), wanted, clock.now(), first),
      bookmark: metadata => {
        const empty = { name: '', uid: '', creationTimestamp: '' };
        const mark = { kind: type.kind, apiVersion: groupVersion(type), metadata: { ...empty, ...metadata } };
        return wanted.form === 'object'
          ? { kind: mark.kind, apiVersion: mark.apiVersion, metadata }
          : presentOne(type, mark, { ...wanted, include: 'Metadata' }, clock.now(), false);
      },
    });
  }
}
