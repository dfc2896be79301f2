import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cancel, type Clock, systemClock } from '@drover/async';
import { DroverError } from '@drover/errors';
import { backupName, newestOf, outdated } from './backup-names.ts';

export interface BackupScheduleOptions {
  /** Where backups go; made if missing. */
  readonly folder: string;
  readonly intervalMs: number;
  /** How many are kept. */
  readonly keep: number;
  /** Writes a backup as that file, of that moment. */
  readonly backUp: (target: string, takenMs: number, signal: AbortSignal) => Promise<unknown>;
  readonly say: (line: string) => void;
  readonly clock?: Clock;
}

/** A backup that failed is tried again after this, or after the interval where that is shorter. */
const retryMs = 10 * 60_000;
/** Timers of Node end at 2^31 ms; further ahead is looked at again. */
const maxTimerMs = 24 * 3600_000;

/**
 * Backups at an interval, counted from the newest one in the folder, so that restarts neither skip nor double one. The
 * process that holds the data folder is the only one that runs it. Older backups go when a newer one is whole, never before.
 */
export class BackupSchedule {
  readonly #options: BackupScheduleOptions;
  readonly #clock: Clock;
  readonly #stopped = new AbortController();
  #cancel: Cancel = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(options: BackupScheduleOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** @throws DroverError `config-invalid` where the folder cannot be used */
  async start(): Promise<void> {
    const { folder, intervalMs } = this.#options;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const newest = newestOf(await readdir(folder));
      this.#plan(newest === undefined ? 0 : newest + intervalMs);
    } catch (cause) {
      throw new DroverError('config-invalid', `backups cannot be kept in ${folder}`, { cause });
    }
  }

  /** Ends a backup that is being taken, and leaves nothing of it. */
  async close(): Promise<void> {
    this.#cancel();
    this.#stopped.abort(new DroverError('internal', 'the hub stops'));
    await this.#running;
  }

  #plan(dueMs: number): void {
    if (this.#stopped.signal.aborted) return;
    const waitMs = Math.max(0, dueMs - this.#clock.now());
    this.#cancel = this.#clock.after(Math.min(waitMs, maxTimerMs), () => {
      if (waitMs > maxTimerMs) this.#plan(dueMs);
      else this.#running = this.#take();
    });
  }

  async #take(): Promise<void> {
    const { folder, intervalMs, keep, backUp, say } = this.#options;
    const takenMs = this.#clock.now();
    try {
      await backUp(join(folder, backupName(takenMs)), takenMs, this.#stopped.signal);
      for (const name of outdated(await readdir(folder), keep)) await rm(join(folder, name), { force: true });
      this.#plan(takenMs + intervalMs);
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      say(`the scheduled backup failed, and is tried again: ${DroverError.from(error).message}`);
      this.#plan(takenMs + Math.min(retryMs, intervalMs));
    }
  }
}
