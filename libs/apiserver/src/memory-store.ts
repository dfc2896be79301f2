import { DroverError } from '@drover/errors';
import type { Store, StoreEvent } from './store.ts';

/** A {@link Store} in memory, for tests and for trying out. */
export class MemoryStore implements Store {
  readonly #entries = new Map<string, { revision: number; value: Uint8Array }>();
  readonly #watchers = new Set<(event: StoreEvent) => void>();
  #revision = 0;

  async create(key: string, value: Uint8Array): Promise<number> {
    if (this.#entries.has(key)) throw new DroverError('already-exists', `${key} exists`);
    return this.#put(key, value);
  }

  async update(key: string, value: Uint8Array, revision: number): Promise<number> {
    this.#expect(key, revision);
    return this.#put(key, value);
  }

  async delete(key: string, revision: number): Promise<number> {
    this.#expect(key, revision);
    this.#entries.delete(key);
    this.#tell({ type: 'delete', key, revision: ++this.#revision });
    return this.#revision;
  }

  async lastRevision(): Promise<number> {
    return this.#revision;
  }

  async *watch(signal: AbortSignal): AsyncIterable<StoreEvent> {
    const queue: StoreEvent[] = [{ type: 'reset' }];
    for (const [key, entry] of this.#entries) queue.push({ type: 'put', key, ...entry });
    queue.push({ type: 'ready', revision: this.#revision });
    let wake = (): void => {};
    const hear = (event: StoreEvent): void => {
      queue.push(event);
      wake();
    };
    const stop = (): void => wake();
    this.#watchers.add(hear);
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        const event = queue.shift();
        if (event !== undefined) yield event;
        else {
          await new Promise<void>(resolve => {
            wake = resolve;
          });
        }
      }
    } finally {
      this.#watchers.delete(hear);
      signal.removeEventListener('abort', stop);
    }
  }

  #expect(key: string, revision: number): void {
    const found = this.#entries.get(key)?.revision;
    if (found !== revision)
      throw new DroverError('conflict', `${key} is at revision ${found ?? 'none'}, not ${revision}`);
  }

  #put(key: string, value: Uint8Array): number {
    const revision = ++this.#revision;
    const entry = { revision, value };
    this.#entries.set(key, entry);
    this.#tell({ type: 'put', key, ...entry });
    return revision;
  }

  #tell(event: StoreEvent): void {
    for (const hear of this.#watchers) hear(event);
  }
}
