import { FrameWriter } from './frame-writer.ts';
import { limits } from './limits.ts';
import type { Transport } from './transport.ts';
import { type RoundMember, WriteRound } from './write-round.ts';

/** How frames leave. */
export interface OutboxOptions {
  readonly transport: Transport;
  /** Runs `flush` once the events at hand are dealt with. */
  readonly defer: (flush: () => void) => void;
  /** After each flush. */
  onFlushed(): void;
  /** The peer takes nothing and asks for more: `limits.maxUnsentControlBytes` are unsent. */
  onOverflow(): void;
}

/**
 * The way out of one session: frames that were written in one turn of the event loop leave in one `send`, and DATA goes
 * only as far as the transport takes it, one frame in turn for each stream that waits.
 */
export class Outbox {
  /** Frames that are written here leave after `touched`. */
  readonly writer: FrameWriter;
  readonly #options: OutboxOptions;
  readonly #round = new WriteRound<RoundMember>();
  #deferred = false;
  #closed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.writer = new FrameWriter(piece => {
      if (!this.#closed) options.transport.send(piece);
    });
  }

  /** Whether DATA may go out now, past whoever waits. */
  mayWriteData(): boolean {
    return this.#round.isEmpty && this.#mayWrite();
  }

  /** Frames were written: they are sent with this turn's others. */
  touched(): void {
    if (this.#deferred) return;
    this.#deferred = true;
    this.#options.defer(this.#flushTurn);
  }

  /** Puts a stream into the round of those that wait to write. */
  wait(stream: RoundMember): void {
    if (this.#round.add(stream)) this.touched();
  }

  leave(stream: RoundMember): void {
    this.#round.remove(stream);
  }

  /** The transport has room again. */
  drained(): void {
    if (!this.#closed) this.#round.run(this.#mayWrite);
  }

  /** Sends at once what was written. */
  flush(): void {
    this.writer.flush();
  }

  /** Sends nothing more. */
  close(): void {
    this.#closed = true;
    this.#round.clear();
  }

  readonly #flushTurn = (): void => {
    this.#deferred = false;
    if (this.#closed) return;
    this.#round.run(this.#mayWrite);
    this.writer.flush();
    if (this.#options.transport.unsentBytes > limits.maxUnsentControlBytes) this.#options.onOverflow();
    else this.#options.onFlushed();
  };

  readonly #mayWrite = (): boolean =>
    this.#options.transport.unsentBytes + this.writer.pendingBytes < limits.maxUnsentBytes;
}
