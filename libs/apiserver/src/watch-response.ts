import { type Clock, every } from '@drover/async';
import { DroverError, statusOf } from '@drover/errors';
import type { ApiResponse } from './api-exchange.ts';
import type { CacheEvent, ChangeType } from './cache-event.ts';
import { expired } from './failures.ts';
import type { Follower } from './fan-out.ts';
import type { KeptObject } from './kept-object.ts';
import type { Choice } from './selectors.ts';
import type { Cursor, WatchCache } from './watch-cache.ts';
import { Frame, WatchStream } from './watch-stream.ts';

/** Between two bookmarks; as kube-apiserver. */
const bookmarkPeriodMs = 60_000;

/** What a client sees of objects. */
export interface WatchForm {
  /** Names what `json` makes now, where that is the same for every client; undefined: it is not. */
  shared(first: boolean): string | undefined;
  /** The object as the client wants it; `first`: nothing was sent before. */
  json(object: KeptObject, first: boolean): Buffer | string;
  /** The object of a bookmark: it carries a resourceVersion, and nothing else. */
  bookmark(metadata: { resourceVersion: string; annotations?: Record<string, string> }, first: boolean): string;
}

/** One client's watch. */
export interface WatchRequest {
  readonly cache: WatchCache;
  /** Its plural name. */
  readonly resource: string;
  /** What the keys of its objects begin with. */
  readonly prefix: string;
  /** Changes after this revision; undefined: after now. */
  readonly from: number | undefined;
  /** Whether what there is comes first, as ADDED; then `from` is what it is not older than. */
  readonly initial: boolean;
  /** Whether the end of what there is first is marked by a bookmark (KEP-3157; newer informers ask for it). */
  readonly marksInitialEnd: boolean;
  /** Whether a bookmark is sent once a minute. */
  readonly bookmarks: boolean;
  /** undefined: all. */
  readonly selects: Choice | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly form: WatchForm;
}

/**
 * Serves one watch until the client goes, the time is over, or the cache closes. Nothing is queued for a client: it is
 * read from the window of changes as fast as the connection takes it, and one whom the window has passed gets `gone`.
 */
export async function serveWatch(response: ApiResponse, watch: WatchRequest): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const client = new WatchingClient(response, watch, ended.resolve);
  try {
    if (watch.from !== undefined && watch.initial) await watch.cache.reach(watch.from);
    else if (watch.from !== undefined) await heardOf(watch.cache, watch.from);
    client.start();
  } catch (error) {
    client.fail(error);
  }
  await ended.promise;
}

/** One client who watches. It does something when it is woken, and otherwise waits for nothing and holds nothing. */
class WatchingClient implements Follower {
  readonly #watch: WatchRequest;
  readonly #stream: WatchStream;
  readonly #cleanUp = new DisposableStack();
  readonly #onEnd: () => void;
  /** What there was at the start and is not sent yet, from the last to the first. */
  #initial: KeptObject[] = [];
  #initialEnd: number | undefined;
  #changes: Cursor | undefined;
  #bookmarkDue = false;
  #first = true;

  constructor(response: ApiResponse, watch: WatchRequest, onEnd: () => void) {
    this.#watch = watch;
    this.#onEnd = onEnd;
    this.#stream = new WatchStream(
      response,
      () => this.wake(),
      () => this.#end(),
    );
    if (this.#stream.ended) this.#end();
  }

  start(): void {
    if (this.#cleanUp.disposed) return;
    const { cache, resource, prefix, from, initial, clock, timeoutMs } = this.#watch;
    const startAt = initial || from === undefined ? cache.revision : from;
    this.#changes = cache.follow(resource, startAt);
    if (initial) {
      this.#initial = cache
        .list(prefix)
        .filter(object => this.#selects(object))
        .reverse();
      if (this.#watch.marksInitialEnd) this.#initialEnd = startAt;
    }
    this.#cleanUp.defer(cache.onChange(resource, this));
    this.#cleanUp.defer(clock.after(timeoutMs, () => this.#end()));
    if (this.#watch.bookmarks) this.#cleanUp.defer(every(clock, bookmarkPeriodMs, () => this.#remind()));
    this.#stream.begin();
    this.wake();
  }

  wake(): void {
    try {
      this.#send();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Ends the watch with an ERROR. */
  fail(error: unknown): void {
    this.#stream.write(new Frame(`${JSON.stringify({ type: 'ERROR', object: statusOf(DroverError.from(error)) })}\n`));
    this.#end();
  }

  #send(): void {
    const { stream, changes } = { stream: this.#stream, changes: this.#changes };
    if (changes === undefined) return;
    if (this.#watch.cache.closed) return this.#end();
    while (!stream.full && !stream.ended) {
      const object = this.#initial.pop();
      if (object === undefined) break;
      this.#write(frameOf('ADDED', this.#watch.form.json(object, this.#first)));
    }
    if (!stream.full && this.#initialEnd !== undefined) {
      this.#bookmark(this.#initialEnd, { 'k8s.io/initial-events-end': 'true' });
      this.#initialEnd = undefined;
    }
    while (!stream.full && !stream.ended) {
      const event = changes.next();
      if (event === undefined) break;
      const type = this.#asSeen(event);
      if (type !== undefined) this.#write(this.#frameOf(event, type));
    }
    if (!stream.full && this.#bookmarkDue) {
      this.#bookmarkDue = false;
      this.#bookmark(changes.revision);
    }
  }

  #write(frame: Frame): void {
    this.#first = false;
    this.#stream.write(frame);
  }

  #frameOf(event: CacheEvent, type: ChangeType): Frame {
    const { form } = this.#watch;
    const make = (): Frame => frameOf(type, form.json(event.seenAs(type), this.#first));
    const shared = form.shared(this.#first);
    return shared === undefined ? make() : event.frame(`${shared} ${type}`, make);
  }

  #bookmark(revision: number, annotations?: Record<string, string>): void {
    const metadata = { resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) };
    this.#write(frameOf('BOOKMARK', this.#watch.form.bookmark(metadata, this.#first)));
  }

  #remind(): void {
    this.#bookmarkDue = true;
    this.wake();
  }

  /** The change as it looks to who sees selected objects only; undefined: it does not show. */
  #asSeen(event: CacheEvent): ChangeType | undefined {
    const before = event.previous !== undefined && this.#selects(event.previous);
    const after = event.type !== 'DELETED' && this.#selects(event.object);
    if (after) return before ? 'MODIFIED' : 'ADDED';
    return before ? 'DELETED' : undefined;
  }

  #selects(object: KeptObject): boolean {
    const { prefix, selects } = this.#watch;
    return object.key.startsWith(prefix) && (selects === undefined || selects(object));
  }

  #end(): void {
    this.#cleanUp.dispose();
    this.#initial = [];
    this.#changes = undefined;
    this.#stream.end();
    this.#onEnd();
  }
}

const lineEnd = 0x0a;

/** `{"type":…,"object":…}` and a line's end. */
function frameOf(type: string, object: Buffer | string): Frame {
  const json = typeof object !== 'string' && object.at(-1) === lineEnd ? object.subarray(0, -1) : object;
  return new Frame(`{"type":"${type}","object":`, json, '}\n');
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
