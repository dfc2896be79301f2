import { ManualClock } from '@drover/async';
import { encodeRequestHead } from '../heads.ts';
import { type SessionEvents, type StreamTarget, TunnelSession } from '../session.ts';
import type { StreamHandler, TunnelStream } from '../stream.ts';
import { MemoryLink } from './memory-link.ts';
import { RecordingHandler } from './recording-handler.ts';
import { Turns } from './turns.ts';

/** One end of a {@link SessionPair}. */
export class PairEnd {
  readonly session: TunnelSession;
  readonly states: string[] = [];
  readonly controls: unknown[] = [];
  readonly identities: [number, string][] = [];
  readonly defects: unknown[] = [];
  /** Streams that the peer opened, with their handlers. */
  readonly opened: { stream: TunnelStream; payload: Buffer; fin: boolean; handler: RecordingHandler }[] = [];
  /** What a test does with an OPEN; without it a {@link RecordingHandler} listens. */
  serve: SessionEvents['onOpen'] | undefined;

  constructor(link: MemoryLink, role: 'initiator' | 'acceptor', clock: ManualClock, turns: Turns) {
    this.session = new TunnelSession({
      transport: link[role],
      role,
      clock,
      defer: turns.defer,
      events: {
        onControl: message => this.controls.push(message),
        onIdentity: (number, assertion) => this.identities.push([number, assertion]),
        onOpen: (stream, payload, fin) => this.#onOpen(stream, payload, fin),
        onState: state => this.states.push(state.name),
        onDefect: error => this.defects.push(error),
      },
    });
  }

  /** Opens `GET /` (or what `head` says) on the peer. */
  open(handler: StreamHandler = new RecordingHandler(), fin = false, target: Partial<StreamTarget> = {}): TunnelStream {
    const stream = this.session.open(
      { cluster: 'c', flags: 0, assertion: undefined, ...target },
      encodeRequestHead({ method: 'GET', target: '/', headers: [] }),
      fin,
      handler,
    );
    if (stream === undefined) throw new Error('the session opened no stream');
    if (handler instanceof RecordingHandler) handler.stream = stream;
    return stream;
  }

  #onOpen(stream: TunnelStream, payload: Buffer, fin: boolean): StreamHandler {
    if (this.serve !== undefined) return this.serve(stream, payload, fin);
    const handler = new RecordingHandler();
    handler.stream = stream;
    this.opened.push({ stream, payload: Buffer.from(payload), fin, handler });
    return handler;
  }
}

/** Two sessions, joined in memory, with time and turns by hand. */
export class SessionPair {
  readonly clock = new ManualClock();
  readonly turns = new Turns();
  readonly link = new MemoryLink(this.turns);
  readonly initiator = new PairEnd(this.link, 'initiator', this.clock, this.turns);
  readonly acceptor = new PairEnd(this.link, 'acceptor', this.clock, this.turns);

  /** Both admitted, as after a handshake. */
  static ready(): SessionPair {
    const pair = new SessionPair();
    pair.initiator.session.admit();
    pair.acceptor.session.admit();
    return pair;
  }

  /** Opens a stream from the initiator to the acceptor and lets it arrive. */
  open(fin = false): {
    stream: TunnelStream;
    handler: RecordingHandler;
    served: TunnelStream;
    servedHandler: RecordingHandler;
  } {
    const handler = new RecordingHandler();
    const stream = this.initiator.open(handler, fin);
    this.link.settle();
    const opened = this.acceptor.opened.at(-1);
    if (opened === undefined) throw new Error('the stream did not arrive');
    return { stream, handler, served: opened.stream, servedHandler: opened.handler };
  }

  /** What is left, for a test's end: all zero when nothing leaks. */
  remains(): { streams: number; timers: number; turns: number; unsentBytes: number } {
    return {
      streams: this.initiator.session.streams + this.acceptor.session.streams,
      timers: this.clock.pending,
      turns: this.turns.pending,
      unsentBytes: this.link.initiator.unsentBytes + this.link.acceptor.unsentBytes,
    };
  }
}

/** {@link SessionPair.remains} of a pair that left nothing. */
export const nothing = Object.freeze({ streams: 0, timers: 0, turns: 0, unsentBytes: 0 });
