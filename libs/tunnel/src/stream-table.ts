import { limits } from './limits.ts';
import { TunnelProtocolError } from './protocol-error.ts';

/** Top bit of a stream id: set where the side that accepted the transport opened the stream. */
export const acceptorBit = 0x8000_0000;
const slotMask = limits.maxStreams - 1;
const slotBits = 12;
const generationMask = 0x7ffff;

/**
 * Streams by id, in an array of slots. An id is `opener:1 generation:19 slot:12`: a growing `Map` cost 20 % of CPU and
 * fourfold p99 (DATAPATH.md), and a late frame of a stream that is gone is known by its generation. The array grows to
 * the most streams that were ever open at once, so that a thousand idle sessions cost little.
 */
export class StreamTable<Stream extends { readonly id: number }> {
  readonly #slots: (Stream | undefined)[] = [];
  readonly #generations: number[] = [];
  readonly #free: number[] = [];
  readonly #openerBit: number;
  #size = 0;

  /** `openerBit`: {@link acceptorBit} or 0, of the side whose streams these are. */
  constructor(openerBit: number) {
    this.#openerBit = openerBit;
  }

  get size(): number {
    return this.#size;
  }

  /** A new id, for the opener; undefined when every slot is taken. `add` must follow, or the slot is lost. */
  reserve(): number | undefined {
    let slot = this.#free.pop();
    if (slot === undefined) {
      slot = this.#generations.length;
      if (slot === limits.maxStreams) return undefined;
    }
    const generation = ((this.#generations[slot] ?? 0) + 1) & generationMask;
    this.#generations[slot] = generation;
    return (this.#openerBit | (generation << slotBits) | slot) >>> 0;
  }

  /** Throws a TunnelProtocolError where the slot is taken: the peer opens more than it may. */
  add(stream: Stream): void {
    const slot = stream.id & slotMask;
    while (this.#slots.length <= slot) this.#slots.push(undefined);
    if (this.#slots[slot] !== undefined) throw new TunnelProtocolError('a stream was opened in a slot that is taken');
    this.#slots[slot] = stream;
    this.#size++;
  }

  get(id: number): Stream | undefined {
    const stream = this.#slots[id & slotMask];
    return stream?.id === id ? stream : undefined;
  }

  /** Frees the slot; `reserved` where `reserve` made the id. */
  remove(stream: Stream, reserved: boolean): void {
    const slot = stream.id & slotMask;
    if (this.#slots[slot] !== stream) return;
    this.#slots[slot] = undefined;
    this.#size--;
    if (reserved) this.#free.push(slot);
  }

  /** Every stream at the time of the call. */
  all(): Stream[] {
    return this.#slots.filter(stream => stream !== undefined);
  }
}
