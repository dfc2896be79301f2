import { CacheEvent } from './cache-event.ts';
import { expired } from './failures.ts';
import type { KeptObject } from './kept-object.ts';
import { ListBytes } from './list-bytes.ts';

/**
 * How many past changes of a resource are kept for watches that resume. client-go resumes within seconds; a thousand
 * covers a burst of status writes to a thousand clusters in between, and costs some MB at most.
 */
export const windowEvents = 1000;
/**
 * The objects of those changes have at most so many bytes together: a thousand writes of one object of 1.5 MB would hold more
 * memory than everything else. The window is shorter then, and who falls out of it lists again.
 */
export const maxWindowBytes = 32 * 1024 * 1024;
/** So many of the last changes keep the bytes that were sent of them: whoever reads at all has read further soon. */
const framedEvents = 64;
/**
 * Whole lists of a resource are kept as bytes up to this size together: two of 10,000 objects of 1.5 KB. Whatever is
 * larger is made for each request.
 */
const maxListBytes = 32 * 1024 * 1024;

/** What a kept list takes beside its bytes and its name: there may be one for each namespace that somebody asks for. */
const listOverheadBytes = 512;

/** The objects of one resource and the window of their last changes. Pure: it is told what happened. */
export class ResourceCache {
  readonly #byKey: Map<string, KeptObject>;
  /** By key. */
  readonly #sorted: KeptObject[];
  readonly #window: CacheEvent[] = [];
  #windowBytes = 0;
  /** Whole lists, until the next change. */
  readonly #lists = new Map<string, ListBytes>();
  #listBytes = 0;
  /** How many changes there were before the first in the window. */
  #forgotten = 0;
  /** Every change after this revision is in the window. */
  #completeAfter: number;

  constructor(objects: readonly KeptObject[], revision: number) {
    this.#sorted = [...objects].sort(byKey);
    this.#byKey = new Map(this.#sorted.map(object => [object.key, object]));
    this.#completeAfter = revision;
  }

  get(key: string): KeptObject | undefined {
    return this.#byKey.get(key);
  }

  /** Those whose key begins with `prefix`, by key. */
  list(prefix: string): readonly KeptObject[] {
    // Keys hold ASCII only, so that this is behind all that begin with the prefix.
    return this.#sorted.slice(this.#place(prefix), this.#place(`${prefix}\u{7f}`));
  }

  /** What `list` would have given at `revision`. Throws `gone` where the window does not reach back so far. */
  listAt(prefix: string, revision: number): readonly KeptObject[] {
    const then = new Map<string, KeptObject | undefined>();
    for (let at = this.firstAfter(revision) - this.#forgotten; at < this.#window.length; at++) {
      const event = this.#window[at];
      const key = event?.object.key ?? '';
      if (key.startsWith(prefix) && !then.has(key)) then.set(key, event?.previous);
    }
    const now = this.list(prefix);
    if (then.size === 0) return now;
    const before = [...then.values()].flatMap(object => object ?? []);
    return [...now.filter(({ key }) => !then.has(key)), ...before].sort(byKey);
  }

  /**
   * The whole list of `prefix` in a form, as `make` makes it. It is made once and kept until the next change, but for one
   * that was made at a revision before `notOlderThan`. `now`: the store's revision.
   */
  wholeList(
    prefix: string,
    form: string,
    { now, notOlderThan }: { readonly now: number; readonly notOlderThan: number },
    make: (objects: readonly KeptObject[]) => Buffer,
  ): ListBytes {
    const name = `${form} ${prefix}`;
    const known = this.#lists.get(name);
    if (known !== undefined && known.revision >= notOlderThan) return known;
    const list = new ListBytes(now, make(this.list(prefix)));
    this.#listBytes += list.json.length - (known?.json.length ?? -name.length - listOverheadBytes);
    if (this.#listBytes > maxListBytes) this.#forgetLists();
    else this.#lists.set(name, list);
    return list;
  }

  put(object: KeptObject): void {
    const { key, revision } = object;
    const previous = this.#byKey.get(key);
    const place = this.#place(key);
    this.#byKey.set(key, object);
    if (previous === undefined) this.#sorted.splice(place, 0, object);
    else this.#sorted[place] = object;
    this.#remember(new CacheEvent(previous === undefined ? 'ADDED' : 'MODIFIED', revision, object, previous));
  }

  delete(key: string, revision: number): void {
    const previous = this.#byKey.get(key);
    if (previous === undefined) return;
    this.#byKey.delete(key);
    this.#sorted.splice(this.#place(key), 1);
    this.#remember(new CacheEvent('DELETED', revision, previous.at(revision), previous));
  }

  /** The number of the first change after `revision`. Throws `gone` where the window does not reach back so far. */
  firstAfter(revision: number): number {
    if (revision < this.#completeAfter) throw expired(revision, this.#completeAfter);
    let low = 0;
    let high = this.#window.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#window[middle]?.revision ?? 0) > revision) high = middle;
      else low = middle + 1;
    }
    return this.#forgotten + low;
  }

  /**
   * The change of that number; undefined: it has not happened yet. Throws `gone` for a reader who is at revision
   * `readerAt` and whom the window has passed.
   */
  change(number: number, readerAt: number): CacheEvent | undefined {
    if (number < this.#forgotten) throw expired(readerAt, this.#completeAfter);
    return this.#window[number - this.#forgotten];
  }

  #remember(event: CacheEvent): void {
    this.#forgetLists();
    this.#window.push(event);
    this.#windowBytes += event.object.line.length;
    this.#window[this.#window.length - framedEvents]?.forget();
    while (this.#window.length > windowEvents || this.#windowBytes > maxWindowBytes) {
      const oldest = this.#window.shift();
      if (oldest === undefined) return;
      this.#windowBytes -= oldest.object.line.length;
      this.#completeAfter = oldest.revision;
      this.#forgotten++;
    }
  }

  #forgetLists(): void {
    this.#lists.clear();
    this.#listBytes = 0;
  }

  /** Where a key is, or would be. */
  #place(key: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle]?.key ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const byKey = (a: KeptObject, b: KeptObject): number => (a.key < b.key ? -1 : 1);
