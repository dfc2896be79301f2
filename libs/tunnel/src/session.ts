import { type Cancel, type Clock, systemClock } from '@drover/async';
import { DroverError } from '@drover/errors';
import { FrameDecoder, frameType } from './frames.ts';
import { encodeRoute, routeBytes } from './heads.ts';
import { IdentityRing } from './identity-ring.ts';
import { Keepalive } from './keepalive.ts';
import { limits } from './limits.ts';
import { Outbox } from './outbox.ts';
import { TunnelProtocolError } from './protocol-error.ts';
import { decodeReset, encodeReset, type Reset, type ResetCode } from './reset.ts';
import { nextSessionState, type SessionEvent, type SessionState } from './session-state.ts';
import { type StreamHandler, type StreamHost, TunnelStream } from './stream.ts';
import { acceptorBit, StreamTable } from './stream-table.ts';
import type { Transport } from './transport.ts';

/** What the owner of a session hears. */
export interface SessionEvents {
  /** A CONTROL message: JSON, not yet validated. Before `admit` it is the handshake. */
  onControl(message: unknown): void;
  /** The peer opened a stream; the returned handler hears the rest. `payload` is the OPEN, its route first. */
  onOpen(stream: TunnelStream, payload: Buffer, fin: boolean): StreamHandler;
  /** The peer named an assertion by a number, for the streams that follow. */
  onIdentity(number: number, assertion: string): void;
  /** The state has moved. For `closed` this is the last call, after every stream's `onReset`. */
  onState(state: SessionState): void;
  /**
   * A handler has thrown: a defect of its owner's, to be logged. Its stream is reset, or the session closed where it was
   * the session's. Without this the error is thrown again outside of the session, where it ends the process.
   */
  onDefect?(error: unknown): void;
}

export interface SessionOptions {
  readonly transport: Transport;
  /** Which end of the transport this is; it decides the numbers of streams. */
  readonly role: 'initiator' | 'acceptor';
  readonly events: SessionEvents;
  readonly clock?: Clock;
  /** Runs `flush` once the events at hand are dealt with, so that their frames leave in one write. */
  readonly defer?: (flush: () => void) => void;
}

/** Where a stream shall go, and as whom. */
export interface StreamTarget {
  readonly cluster: string;
  readonly flags: number;
  /** The identity assertion (compact JWS), or undefined for none. */
  readonly assertion: string | undefined;
}

/**
 * One end of a tunnel: streams multiplexed over one transport, with credit for each stream, a fair turn for those that
 * wait, keepalive, and hard bounds (docs/tunnel-protocol.md). Owns the transport and closes it.
 */
export class TunnelSession {
  readonly #transport: Transport;
  readonly #events: SessionEvents;
  readonly #clock: Clock;
  readonly #decoder: FrameDecoder;
  readonly #identities = new IdentityRing();
  readonly #own: StreamTable<TunnelStream>;
  readonly #peers: StreamTable<TunnelStream>;
  readonly #ownBit: number;
  readonly #outbox: Outbox;
  /** What the streams see of this session. */
  readonly #host: StreamHost;
  readonly #keepalive: Keepalive;
  /** The handshake's deadline, then that of closing. */
  #cancelDeadline: Cancel;
  #state: SessionState = { name: 'handshake' };

  constructor({ transport, role, events, clock = systemClock, defer = afterPoll }: SessionOptions) {
    this.#transport = transport;
    this.#events = events;
    this.#clock = clock;
    this.#ownBit = role === 'acceptor' ? acceptorBit : 0;
    this.#own = new StreamTable(this.#ownBit);
    this.#peers = new StreamTable(role === 'acceptor' ? 0 : acceptorBit);
    this.#outbox = new Outbox({
      transport,
      defer,
      onFlushed: () => this.#closeWhenDrained(),
      onOverflow: () => this.#onOverflow(),
    });
    this.#host = {
      outbox: this.#outbox,
      forget: stream => this.#forget(stream),
      defect: error => this.#defect(error),
    };
    this.#decoder = new FrameDecoder({ onFrame: this.#onFrame.bind(this) });
    this.#keepalive = new Keepalive(clock, {
      onQuiet: () => this.#ping(),
      onDead: silentMs => this.close('peer-silent', `nothing was heard for ${silentMs} ms`),
    });
    this.#cancelDeadline = clock.after(limits.handshakeTimeoutMs, () =>
      this.close('handshake-timeout', 'the handshake did not end in time'),
    );
    transport.start({
      onBytes: chunk => this.#onBytes(chunk),
      onDrain: () => this.#outbox.drained(),
      onClose: error => this.#onTransportClosed(error),
    });
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Streams that are open, either way. */
  get streams(): number {
    return this.#own.size + this.#peers.size;
  }

  /** Milliseconds since anything came from the peer, in steps of `limits.keepaliveCheckMs`. */
  get silentMs(): number {
    return this.#keepalive.silentMs;
  }

  /** Sends a CONTROL message (JSON). Throws `too-large` beyond `limits.maxControlBytes`. */
  control(message: object): void {
    if (this.#state.name === 'closed') return;
    const payload = Buffer.from(JSON.stringify(message), 'utf8');
    if (payload.length > limits.maxControlBytes) throw new DroverError('too-large', 'a CONTROL message is too large');
    this.#outbox.writer.frame(frameType.control, false, 0, payload);
    this.#outbox.touched();
  }

  /** The handshake has ended well: streams may be opened. */
  admit(): void {
    if (this.#state.name !== 'handshake') return;
    this.#cancelDeadline();
    this.#move({ name: 'admitted' });
  }

  /**
   * Opens a stream and sends `head` (latin1 text, or bytes that are passed on unread). `fin`: no data will follow.
   * Undefined: the session takes no new streams, or has as many as it may. Throws `headers-too-large` where the head or
   * the assertion is larger than a frame may be.
   */
  open(target: StreamTarget, head: string | Buffer, fin: boolean, handler: StreamHandler): TunnelStream | undefined {
    if (this.#state.name !== 'ready') return undefined;
    const { cluster, flags, assertion } = target;
    if (routeBytes(cluster) + head.length > limits.maxHeadBytes) {
      throw new DroverError('headers-too-large', `a request’s head is larger than ${limits.maxHeadBytes} bytes`);
    }
    const identity = assertion === undefined ? 0 : this.#identityNumber(assertion);
    const route = encodeRoute({ identity, flags, cluster });
    const id = this.#own.reserve();
    if (id === undefined) return undefined;
    const stream = new TunnelStream(this.#host, id, true, handler);
    this.#own.add(stream);
    this.#outbox.writer.joinedFrame(frameType.open, fin, id, route, head);
    this.#outbox.touched();
    if (fin) stream.endWithOpen();
    return stream;
  }

  /**
   * Takes no new streams and tells the peer so, which closes the session when the last stream has ended: only then does
   * this side know that no OPEN is on the way, and so no request is lost. Ends at once before admission.
   */
  drain(): void {
    if (this.#state.name === 'handshake') return this.close('shutdown', 'drained');
    if (!this.#move({ name: 'drain', by: 'local' })) return;
    this.#outbox.writer.frame(frameType.goaway, false, 0, encodeReset({ code: 'shutdown', message: '' }));
    this.#outbox.touched();
  }

  /** Tells the peer why, and closes. Every open stream is lost. */
  close(code: ResetCode, message = ''): void {
    if (this.#state.name === 'closed') return;
    this.#outbox.writer.frame(frameType.close, false, 0, encodeReset({ code, message }));
    this.#outbox.flush();
    this.#closed({ code, message });
    if (code === 'peer-silent') this.#transport.destroy();
    else this.#closeTransport();
  }

  #forget(stream: TunnelStream): void {
    (stream.opener ? this.#own : this.#peers).remove(stream, stream.opener);
    if (this.#state.name === 'draining') this.#outbox.touched(); // where it closes, after the handlers have heard
  }

  #defect(error: unknown): void {
    const { onDefect } = this.#events;
    if (onDefect === undefined) {
      queueMicrotask(() => {
        throw error;
      });
    } else onDefect.call(this.#events, error);
  }

  #onOverflow(): void {
    this.#closed({ code: 'refused', message: 'the peer takes nothing and asks for more' });
    this.#transport.destroy();
  }

  #onTransportClosed(error: Error | undefined): void {
    if (this.#state.name === 'closed') this.#cancelDeadline();
    else this.#closed({ code: 'session-lost', message: error?.message ?? 'the connection was closed' });
  }

  #onBytes(chunk: Buffer): void {
    if (this.#state.name === 'closed') return;
    this.#keepalive.heard();
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      if (error instanceof TunnelProtocolError) return this.close('protocol', error.message);
      this.close('internal', 'a defect: the log of that side has it');
      this.#defect(error);
    }
  }

  #onFrame(type: number, fin: boolean, id: number, payload: Buffer): void {
    if (this.#state.name === 'closed') return;
    switch (type) {
      case frameType.ping:
        this.#outbox.writer.frame(frameType.pong, false, 0, payload);
        return this.#outbox.touched();
      case frameType.pong:
        return;
      case frameType.control:
        return this.#events.onControl(parseControl(payload));
      case frameType.close: {
        this.#closed(decodeReset(payload));
        return this.#closeTransport();
      }
    }
    if (this.#state.name === 'handshake') throw new TunnelProtocolError(`frame of type ${type} before admission`);
    if (type === frameType.open) return this.#onOpen(id, payload, fin);
    if (type === frameType.identity) return this.#onIdentity(id, payload);
    if (type === frameType.goaway) {
      this.#move({ name: 'drain', by: 'remote' });
      return this.#outbox.touched();
    }
    const table = (id & acceptorBit) >>> 0 === this.#ownBit ? this.#own : this.#peers;
    const stream = table.get(id);
    if (stream === undefined) return; // late: it was reset here, and the peer had not heard
    switch (type) {
      case frameType.data:
        return stream.receiveData(payload, fin);
      case frameType.head:
        return stream.receiveHead(payload, fin);
      case frameType.window:
        if (payload.length !== 4) throw new TunnelProtocolError('WINDOW is not four bytes');
        return stream.receiveWindow(payload.readUInt32BE(0));
      case frameType.reset:
        return stream.receiveReset(decodeReset(payload));
    }
  }

  #onOpen(id: number, payload: Buffer, fin: boolean): void {
    if ((id & acceptorBit) >>> 0 === this.#ownBit) throw new TunnelProtocolError('OPEN with an id of the other side');
    if (this.#state.name === 'draining' && this.#state.by === 'remote') {
      throw new TunnelProtocolError('OPEN after GOAWAY');
    }
    const stream = new TunnelStream(this.#host, id, false, ignored);
    this.#peers.add(stream);
    try {
      stream.handler = this.#events.onOpen(stream, payload, fin);
    } catch (error) {
      // A request that cannot be read is that request's failure: others share the session.
      if (error instanceof TunnelProtocolError) return stream.reset('protocol', error.message);
      stream.reset('internal', 'a defect: the log of that side has it');
      return this.#defect(error);
    }
    if (fin) stream.receiveEnd();
  }

  #onIdentity(number: number, payload: Buffer): void {
    if (number < 1 || number > limits.maxIdentities) throw new TunnelProtocolError('an identity number out of bounds');
    this.#events.onIdentity(number, payload.toString('latin1'));
  }

  /** The number by which the peer knows the assertion, which is sent where it does not yet. */
  #identityNumber(assertion: string): number {
    const known = this.#identities.find(assertion);
    if (known !== undefined) return known;
    if (assertion.length > limits.maxControlBytes) {
      throw new DroverError('headers-too-large', `an identity is larger than ${limits.maxControlBytes} bytes`);
    }
    const number = this.#identities.add(assertion);
    this.#outbox.writer.joinedFrame(frameType.identity, false, number, noData, assertion);
    return number;
  }

  #ping(): void {
    this.#outbox.writer.relax();
    this.#outbox.writer.frame(frameType.ping, false, 0, pingPayload);
    this.#outbox.touched();
  }

  #closeWhenDrained(): void {
    if (this.#state.name === 'draining' && this.#state.by === 'remote' && this.streams === 0) {
      this.close('shutdown', 'drained');
    }
  }

  #move(event: SessionEvent): boolean {
    const next = nextSessionState(this.#state, event);
    if (next === undefined) return false;
    this.#state = next;
    if (next.name !== 'closed') this.#tellState(next);
    return true;
  }

  #closed(reason: Reset): void {
    if (!this.#move({ name: 'close', reason })) return;
    this.#keepalive.stop();
    this.#cancelDeadline();
    this.#outbox.close();
    const lost: Reset = { code: 'session-lost', message: reason.message || reason.code };
    for (const stream of [...this.#own.all(), ...this.#peers.all()]) stream.receiveReset(lost);
    this.#tellState(this.#state);
  }

  #tellState(state: SessionState): void {
    try {
      this.#events.onState(state);
    } catch (error) {
      this.#defect(error);
    }
  }

  /** Lets the last frames leave; a peer that reads no more does not keep the connection. */
  #closeTransport(): void {
    this.#cancelDeadline = this.#clock.after(limits.closeTimeoutMs, () => this.#transport.destroy());
    this.#transport.close();
  }
}

/** After the poll phase: the frames of every event of this turn leave in one write. */
const afterPoll = (flush: () => void): void => {
  setImmediate(flush);
};

function parseControl(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch (error) {
    throw new TunnelProtocolError('CONTROL is not JSON', { cause: error });
  }
}

const noData = Buffer.alloc(0);
const pingPayload = Buffer.from('drover!!');
const ignored: StreamHandler = { onHead() {}, onData() {}, onEnd() {}, onReset() {} };
