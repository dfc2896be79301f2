import type { Transport, TransportEvents } from '../transport.ts';
import type { Turns } from './turns.ts';

/** One end of a {@link MemoryLink}: what it sends lies there, unsent, until the test delivers it. */
export class MemoryTransport implements Transport {
  /** Every byte that was ever sent here. */
  sentBytes = 0;
  /** The most that was ever unsent. */
  mostUnsentBytes = 0;
  destroyed = false;
  #events: TransportEvents | undefined;
  #peer: MemoryTransport | undefined;
  #unsent: Buffer[] = [];
  #unsentBytes = 0;
  #ending = false;
  #closeTold = false;

  joinTo(peer: MemoryTransport): void {
    this.#peer = peer;
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  /** Whether nothing can come or go any more. */
  get closed(): boolean {
    return this.#closeTold;
  }

  send(bytes: Buffer): void {
    if (this.#ending || this.destroyed) return;
    this.#unsent.push(bytes);
    this.#unsentBytes += bytes.length;
    this.sentBytes += bytes.length;
    this.mostUnsentBytes = Math.max(this.mostUnsentBytes, this.#unsentBytes);
  }

  start(events: TransportEvents): void {
    this.#events = events;
  }

  close(): void {
    this.#ending = true;
  }

  destroy(): void {
    this.destroyed = true;
    this.#unsent = [];
    this.#unsentBytes = 0;
  }

  /** Delivers at most `maxBytes` in one chunk. Returns how many. */
  deliver(maxBytes: number): number {
    const first = this.#unsent[0];
    if (first === undefined || this.#peer === undefined) return 0;
    const chunk = first.subarray(0, maxBytes);
    if (chunk.length === first.length) this.#unsent.shift();
    else this.#unsent[0] = first.subarray(chunk.length);
    this.#unsentBytes -= chunk.length;
    if (!this.#peer.#closeTold && !this.#peer.destroyed) this.#peer.#events?.onBytes(chunk);
    this.#events?.onDrain();
    return chunk.length;
  }

  /** Tells both ends of a close that has come about. Returns whether there was one to tell. */
  settleClose(): boolean {
    if (this.#closeTold || !(this.destroyed || (this.#ending && this.#unsentBytes === 0))) return false;
    this.#tellClose();
    this.#peer?.cut();
    return true;
  }

  /** The connection breaks: what is unsent is lost. */
  cut(error?: Error): void {
    this.destroy();
    this.#tellClose(error);
  }

  #tellClose(error?: Error): void {
    if (this.#closeTold) return;
    this.#closeTold = true;
    this.#events?.onClose(error);
  }
}

/** Two transports, joined in memory: nothing moves but by the test's hand, so that every run is the same. */
export class MemoryLink {
  readonly initiator = new MemoryTransport();
  readonly acceptor = new MemoryTransport();
  readonly #turns: Turns;

  constructor(turns: Turns) {
    this.#turns = turns;
    this.initiator.joinTo(this.acceptor);
    this.acceptor.joinTo(this.initiator);
  }

  /** One turn of the event loop at both ends, and at most `maxBytes` each way. Returns whether anything moved. */
  step(maxBytes = 64 * 1024): boolean {
    const turned = this.#turns.run();
    const moved = this.initiator.deliver(maxBytes) + this.acceptor.deliver(maxBytes);
    const closed = this.initiator.settleClose() || this.acceptor.settleClose();
    return turned || moved > 0 || closed;
  }

  /** Goes on until nothing moves any more. */
  settle(maxBytes?: number): void {
    while (this.step(maxBytes));
  }

  /** The connection breaks under both ends. */
  cut(error = new Error('cut')): void {
    this.initiator.cut(error);
    this.acceptor.cut(error);
  }
}
