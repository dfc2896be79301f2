import type { KeptObject } from './kept-object.ts';
import type { Frame } from './watch-stream.ts';

/** What happened to an object, in the words of a watch. */
export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** So many forms of one change are kept: tables tell the age, so that slow clients would have a form for each second. */
const maxForms = 8;

/** A change of one object, as watchers see it. */
export class CacheEvent {
  readonly type: ChangeType;
  readonly revision: number;
  /** As it is after the change; for DELETED, as it was last, with the deletion's resourceVersion. */
  readonly object: KeptObject;
  readonly previous: KeptObject | undefined;
  /** What was sent of it, by form: one watcher pays for all who see the same. */
  #frames: Map<string, Frame> | undefined;

  constructor(type: ChangeType, revision: number, object: KeptObject, previous: KeptObject | undefined) {
    this.type = type;
    this.revision = revision;
    this.object = object;
    this.previous = previous;
  }

  /** What of the object is told with `type`: whoever it leaves sees it as it was, with the resourceVersion of the change. */
  seenAs(type: ChangeType): KeptObject {
    const leaves = type === 'DELETED' && this.type !== 'DELETED';
    return leaves && this.previous !== undefined ? this.previous.at(this.revision) : this.object;
  }

  /** The bytes to send, made once for each `form`. */
  frame(form: string, make: () => Frame): Frame {
    this.#frames ??= new Map();
    let frame = this.#frames.get(form);
    if (frame === undefined) {
      frame = make();
      const [oldest] = this.#frames.keys();
      if (oldest !== undefined && this.#frames.size >= maxForms) this.#frames.delete(oldest);
      this.#frames.set(form, frame);
    }
    return frame;
  }

  /** Lets go of the bytes; who needs them later makes them anew. */
  forget(): void {
    this.#frames = undefined;
  }
}
