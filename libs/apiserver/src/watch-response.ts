import type { ServerResponse } from 'node:http';
import { type Clock, every } from '@drover/async';
import { DroverError, statusOf } from '@drover/errors';
import { expired } from './failures.ts';
import { JsonLines } from './json-lines.ts';
import type { ApiObject } from './object.ts';
import type { CacheEvent } from './resource-cache.ts';
import type { Selector } from './selectors.ts';
import type { WatchCache } from './watch-cache.ts';

/** Between two bookmarks; as kube-apiserver. */
const bookmarkPeriodMs = 60_000;

/** One client's watch. */
export interface WatchRequest {
  readonly cache: WatchCache;
  /** Its plural name. */
  readonly resource: string;
  /** Changes after this revision; undefined: first what there is, as ADDED, then changes. */
  readonly from: number | undefined;
  /** Whether the end of what there is first is marked by a bookmark (KEP-3157; newer informers ask for it). */
  readonly marksInitialEnd: boolean;
  /** Whether a bookmark is sent once a minute. */
  readonly bookmarks: boolean;
  readonly selects: Selector;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** The object as the client wants it; `first`: nothing was sent before. */
  readonly present: (object: ApiObject, first: boolean) => unknown;
  /** The object of a bookmark: it carries a resourceVersion, and nothing else. */
  readonly bookmark: (metadata: { resourceVersion: string; annotations?: Record<string, string> }) => unknown;
}

/**
 * Serves one watch until the client goes, the time is over, or the cache closes. Nothing is queued for a client: it is
 * read from the window of changes as fast as the connection takes it, and one whom the window has passed gets `gone`.
 */
export async function serveWatch(response: ServerResponse, watch: WatchRequest): Promise<void> {
  using lines = new JsonLines(response);
  const bell = new Bell();
  let bookmarkDue = false;
  using cleanup = new DisposableStack();
  cleanup.defer(watch.cache.onChange(() => bell.ring()));
  cleanup.defer(watch.clock.after(watch.timeoutMs, () => lines.end()));
  if (watch.bookmarks) {
    const remind = (): void => {
      bookmarkDue = true;
      bell.ring();
    };
    cleanup.defer(every(watch.clock, bookmarkPeriodMs, remind));
  }
  lines.ended.addEventListener('abort', () => bell.ring());
  try {
    let first = true;
    const send = async (type: string, object: unknown): Promise<void> => {
      first = false;
      await lines.write({ type, object });
    };
    if (watch.from !== undefined) await heardOf(watch.cache, watch.from);
    const initial = watch.from === undefined ? watch.cache.list(`${watch.resource}.`).filter(watch.selects) : [];
    const start = watch.from ?? watch.cache.revision;
    const changes = watch.cache.follow(watch.resource, start);
    lines.begin();
    for (const object of initial) {
      if (lines.ended.aborted) return;
      await send('ADDED', watch.present(object, first));
    }
    if (watch.marksInitialEnd) {
      const annotations = { 'k8s.io/initial-events-end': 'true' };
      await send('BOOKMARK', watch.bookmark({ resourceVersion: String(start), annotations }));
    }
    while (!lines.ended.aborted && !watch.cache.closed) {
      for (const event of changes.take()) {
        const type = asSeen(event, watch.selects);
        if (type !== undefined) await send(type, watch.present(event.object, first));
        if (lines.ended.aborted) return;
      }
      if (bookmarkDue) await send('BOOKMARK', watch.bookmark({ resourceVersion: String(changes.revision) }));
      bookmarkDue = false;
      await bell.wait();
    }
  } catch (error) {
    lines.begin();
    await lines.write({ type: 'ERROR', object: statusOf(DroverError.from(error)) });
  }
}

/** Remembers one ring until somebody waits for it, so that no change is missed between a look and a wait. */
class Bell {
  #rung = false;
  #wake: () => void = () => {};

  ring(): void {
    this.#rung = true;
    this.#wake();
  }

  async wait(): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    this.#rung = false;
  }
}

/**
 * A client may know a revision that this replica has not heard of yet; it is a moment away. If it does not come, the
 * store has gone back in time (T31), and only a new list can tell the client the truth.
 */
async function heardOf(cache: WatchCache, revision: number): Promise<void> {
  if (cache.revision >= revision) return;
  await cache
    .until(() => cache.revision >= revision, 'that resourceVersion is not known')
    .catch(() => {
      throw expired(revision, cache.revision);
    });
}

/** The change as it looks to who sees selected objects only; undefined: it does not show. */
function asSeen(event: CacheEvent, selects: Selector): CacheEvent['type'] | undefined {
  const before = event.previous !== undefined && selects(event.previous);
  const after = event.type !== 'DELETED' && selects(event.object);
  if (after) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
}
