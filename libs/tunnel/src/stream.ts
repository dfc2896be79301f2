import { frameType } from './frames.ts';
import { encodeResponseHead, type ResponseHead } from './heads.ts';
import { limits } from './limits.ts';
import type { Outbox } from './outbox.ts';
import { TunnelProtocolError } from './protocol-error.ts';
import { encodeReset, type Reset, type ResetCode } from './reset.ts';
import { SendQueue } from './send-queue.ts';
import { nextStreamState, open, type StreamEvent, type StreamState } from './stream-state.ts';
import type { RoundMember } from './write-round.ts';

/**
 * What the owner of a stream hears. After `onReset`, or `onEnd` with the own side ended, nothing more comes. A handler
 * that throws loses its stream (its own `onReset` is called) and no other.
 */
export interface StreamHandler {
  /** The answer's head, still encoded (opener only). */
  onHead(payload: Buffer): void;
  /**
   * A view of the transport's buffer, which is not changed afterwards; what is kept for long is better copied, since a
   * view keeps all of the buffer alive. Give the bytes back by `grant`. `fin`: these are the last, `onEnd` follows.
   */
  onData(chunk: Buffer, fin: boolean): void;
  /** The peer has sent everything. */
  onEnd(): void;
  /**
   * The stream is gone: by the peer, with the session, or given up here because a bound or a rule was broken. What came
   * is not whole unless `onEnd` was called before; what was sent may not have arrived. Called at most once, never for
   * the owner's own `reset`.
   */
  onReset(reset: Reset): void;
  /** After `write` returned false: there is room again. */
  onDrain?(): void;
  /** The peer granted bytes. Gateways pass them on instead of buffering. */
  onGrant?(bytes: number): void;
}

/** What a stream needs of its session. */
export interface StreamHost {
  readonly outbox: Outbox;
  /** The stream is closed. */
  forget(stream: TunnelStream): void;
  /** A handler has thrown. */
  defect(error: unknown): void;
}

/** One request or one raw byte stream; both directions are bounded by credit. */
export class TunnelStream implements RoundMember {
  readonly id: number;
  /** Whether this side opened it. */
  readonly opener: boolean;
  /** Set by the session before anything can come. */
  handler: StreamHandler;
  waiting = false;
  readonly #host: StreamHost;
  readonly #outbox: Outbox;
  #state: StreamState = open;
  /** Whether the answer's HEAD has passed, either way: DATA and the end come after it. */
  #answered = false;
  #credit: number = limits.windowBytes;
  #receivable: number = limits.windowBytes;
  #ungranted = 0;
  readonly #queue = new SendQueue();
  #ending = false;
  #writerWaits = false;

  constructor(host: StreamHost, id: number, opener: boolean, handler: StreamHandler) {
    this.#host = host;
    this.#outbox = host.outbox;
    this.id = id;
    this.opener = opener;
    this.handler = handler;
  }

  get state(): StreamState {
    return this.#state;
  }

  /** Bytes that wait for credit or for the transport. */
  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** Sends the answer's head (acceptor only, once, before any data). `fin`: there is no body. */
  respond(head: ResponseHead, fin = false): void {
    this.#sendHead(encodeResponseHead(head), fin);
  }

  /** Passes an encoded head on (gateways). */
  forwardHead(payload: Buffer): void {
    this.#sendHead(payload, false);
  }

  /**
   * Sends bytes. False: wait for `onDrain` before writing more; the stream of a writer that never waits is given up at
   * `limits.maxQueuedBytes`, so no chunk may be larger. Do not change the chunk afterwards: it may be kept.
   */
  write(chunk: Buffer): boolean {
    if (!this.#mayWrite() || !this.#mayFollowHead()) return false;
    let at = 0;
    if (this.#queue.bytes === 0) {
      while (at < chunk.length && this.#credit > 0 && this.#outbox.mayWriteData()) {
        const length = Math.min(chunk.length - at, limits.maxDataBytes, this.#credit);
        this.#writeData(at === 0 && length === chunk.length ? chunk : chunk.subarray(at, at + length));
        at += length;
      }
      if (at === chunk.length) return true;
    }
    if (this.#queue.bytes + chunk.length - at > limits.maxQueuedBytes) {
      this.#giveUp({ code: 'refused', message: 'the writer went on past the bound of queued bytes' });
      return false;
    }
    this.#queue.push(at === 0 ? chunk : chunk.subarray(at));
    if (this.#credit > 0) this.#outbox.wait(this);
    if (this.#queue.bytes < limits.writeHighWaterBytes) return true;
    this.#writerWaits = true;
    return false;
  }

  /** Ends this side's direction after what is queued. */
  end(): void {
    if (!this.#mayWrite() || !this.#mayFollowHead()) return;
    this.#ending = true;
    this.#writerWaits = false;
    if (this.#queue.bytes === 0) this.#finish();
  }

  /** Gives the stream up in both directions; the peer's `onReset` is called, this side's is not. */
  reset(code: ResetCode, message = ''): void {
    if (this.#state.name === 'closed') return;
    const reset = { code, message };
    this.#outbox.writer.frame(frameType.reset, false, this.id, encodeReset(reset));
    this.#outbox.touched();
    this.#move({ name: 'reset', reset });
  }

  /** Opened with FIN: its direction has ended without a frame of its own. */
  endWithOpen(): void {
    this.#move({ name: 'end-sent' });
  }

  /** Lets the peer send as many bytes more: call it when data has been dealt with, with its length. */
  grant(bytes: number): void {
    if (this.#state.name === 'closed' || this.#state.name === 'remote-ended') return;
    this.#ungranted += bytes;
    if (this.#ungranted < limits.grantStepBytes) return;
    const due = this.#ungranted;
    this.#ungranted = 0;
    this.grantNow(due);
  }

  /** Passes a grant of the other side's on, as it came (gateways). */
  grantNow(bytes: number): void {
    if (this.#state.name === 'closed' || this.#state.name === 'remote-ended') return;
    this.#receivable += bytes;
    if (this.#receivable > limits.windowBytes) {
      return this.#giveUp({ code: 'internal', message: 'the reader granted more than it had received' });
    }
    this.#outbox.writer.numberFrame(frameType.window, this.id, bytes);
    this.#outbox.touched();
  }

  writeQueued(): boolean {
    if (this.#credit === 0) return false;
    const chunk = this.#queue.take(Math.min(limits.maxDataBytes, this.#credit));
    if (chunk === undefined) return false;
    this.#writeData(chunk);
    if (this.#queue.bytes === 0 && this.#ending) this.#finish();
    else if (this.#writerWaits && this.#queue.bytes < limits.writeHighWaterBytes) {
      this.#writerWaits = false;
      try {
        this.handler.onDrain?.();
      } catch (error) {
        this.#failed(error);
      }
    }
    return this.#queue.bytes > 0 && this.#credit > 0;
  }

  // What the session passes on from the peer. Each throws a TunnelProtocolError where the peer broke the protocol.

  receiveHead(payload: Buffer, fin: boolean): void {
    if (!this.opener || this.#answered) throw new TunnelProtocolError('HEAD out of place');
    this.#answered = true;
    try {
      this.handler.onHead(payload);
    } catch (error) {
      return this.#failed(error);
    }
    if (fin) this.receiveEnd();
  }

  receiveData(chunk: Buffer, fin: boolean): void {
    if (this.#state.name === 'remote-ended') throw new TunnelProtocolError('DATA after the end');
    if (this.opener && !this.#answered) throw new TunnelProtocolError('DATA before HEAD');
    if (chunk.length > this.#receivable) throw new TunnelProtocolError('more DATA than was granted');
    this.#receivable -= chunk.length;
    if (chunk.length > 0) {
      try {
        this.handler.onData(chunk, fin);
      } catch (error) {
        return this.#failed(error);
      }
    }
    if (fin) this.receiveEnd();
  }

  /** The peer has ended its direction. */
  receiveEnd(): void {
    if (!this.#move({ name: 'end-received' })) return; // reset by a handler of the same frame
    try {
      this.handler.onEnd();
    } catch (error) {
      this.#failed(error);
    }
  }

  receiveWindow(bytes: number): void {
    this.#credit += bytes;
    if (this.#credit > limits.windowBytes) throw new TunnelProtocolError('more credit than the window');
    if (this.#queue.bytes > 0) this.#outbox.wait(this);
    try {
      this.handler.onGrant?.(bytes);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** The peer reset it, or the session was lost. */
  receiveReset(reset: Reset): void {
    if (this.#move({ name: 'reset', reset })) this.#tellReset(reset);
  }

  #sendHead(head: string | Buffer, fin: boolean): void {
    if (!this.#mayWrite()) return;
    if (this.opener || this.#answered) {
      return this.#giveUp({ code: 'internal', message: 'the answer’s head was sent out of place' });
    }
    if (head.length > limits.maxHeadBytes) {
      return this.#giveUp({
        code: 'refused',
        message: `the answer’s head is larger than ${limits.maxHeadBytes} bytes`,
      });
    }
    this.#answered = true;
    this.#outbox.writer.joinedFrame(frameType.head, fin, this.id, empty, head);
    this.#outbox.touched();
    if (fin) this.#move({ name: 'end-sent' });
  }

  #mayWrite(): boolean {
    return !this.#ending && (this.#state.name === 'open' || this.#state.name === 'remote-ended');
  }

  /** Whether DATA or the end may go: an answer's follow its head. */
  #mayFollowHead(): boolean {
    if (this.opener || this.#answered) return true;
    this.#giveUp({ code: 'internal', message: 'data was sent before the answer’s head' });
    return false;
  }

  #writeData(chunk: Buffer): void {
    this.#outbox.writer.frame(frameType.data, false, this.id, chunk);
    this.#outbox.touched();
    this.#credit -= chunk.length;
  }

  #finish(): void {
    this.#outbox.writer.finish(this.id);
    this.#outbox.touched();
    this.#move({ name: 'end-sent' });
  }

  /** Resets it towards both: a bound or a rule was broken on this side. */
  #giveUp(reset: Reset): void {
    if (this.#state.name === 'closed') return;
    this.reset(reset.code, reset.message);
    this.#tellReset(reset);
  }

  #tellReset(reset: Reset): void {
    try {
      this.handler.onReset(reset);
    } catch (error) {
      this.#host.defect(error);
    }
  }

  /** A handler has thrown: because of what the peer sent, or by a defect, which the peer is told no more of. */
  #failed(error: unknown): void {
    if (error instanceof TunnelProtocolError) return this.#giveUp({ code: 'protocol', message: error.message });
    this.#host.defect(error);
    this.#giveUp({ code: 'internal', message: 'a defect: the log of that side has it' });
  }

  #move(event: StreamEvent): boolean {
    const next = nextStreamState(this.#state, event);
    if (next === undefined) return false;
    this.#state = next;
    if (next.name === 'closed') {
      this.#queue.clear();
      this.#outbox.leave(this);
      this.#host.forget(this);
    }
    return true;
  }
}

const empty = Buffer.alloc(0);
