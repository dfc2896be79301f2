import { readFile } from 'node:fs/promises';
import { type Cancel, type Clock, every, systemClock } from '@drover/async';
import { DroverError } from '@drover/errors';
import type { Logger } from '@drover/telemetry';

/** How often a file is looked at: a rotation waits much longer. It is read, since a mounted Secret changes by symlinks. */
const periodMs = 2_000;

export interface FollowedFileOptions<T> {
  readonly path: string;
  /** What the file's text says; it throws where that is nonsense. */
  readonly read: (text: string) => T;
  /** Hears of each change after the first reading. */
  readonly onChange?: (value: T) => void | Promise<void>;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/**
 * A file that may change while the service runs, keys above all. A new text that cannot be read changes nothing, and is
 * logged once.
 *
 * @example
 * const keys = await FollowedFile.open({ path, read: text => readPublishedKeys(text, path), logger });
 * keys.current;
 */
export class FollowedFile<T> implements AsyncDisposable {
  readonly #options: FollowedFileOptions<T>;
  readonly #cancel: Cancel;
  #text: string;
  #current: T;
  #looking: Promise<void> = Promise.resolve();

  private constructor(options: FollowedFileOptions<T>, text: string, current: T) {
    this.#options = options;
    this.#text = text;
    this.#current = current;
    this.#cancel = every(options.clock ?? systemClock, periodMs, () => {
      this.#looking = this.#looking.then(() => this.#look());
    });
  }

  /** @throws DroverError `config-invalid` where the file cannot be read, or what `read` throws */
  static async open<T>(options: FollowedFileOptions<T>): Promise<FollowedFile<T>> {
    let text: string;
    try {
      text = await readFile(options.path, 'utf8');
    } catch (cause) {
      throw new DroverError('config-invalid', `${options.path} cannot be read`, { cause });
    }
    return new FollowedFile(options, text, options.read(text));
  }

  /** What the file said last. */
  get current(): T {
    return this.#current;
  }

  async close(): Promise<void> {
    this.#cancel();
    await this.#looking;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #look(): Promise<void> {
    const { path, read, onChange, logger } = this.#options;
    try {
      const text = await readFile(path, 'utf8');
      if (text === this.#text) return;
      this.#text = text;
      this.#current = read(text);
      await onChange?.(this.#current);
      logger.info({ path }, 'a file has changed and was taken in');
    } catch (error) {
      logger.error({ err: error, path }, 'a file has changed and cannot be taken in; what it said before goes on');
    }
  }
}
