import { decodeResponseHead } from '../heads.ts';
import type { Reset } from '../reset.ts';
import type { StreamHandler, TunnelStream } from '../stream.ts';

/** A handler that writes down what it hears, and grants what it gets unless it is told to hold back. */
export class RecordingHandler implements StreamHandler {
  /** `head 200`, `data 5`, `end`, `reset cancelled`, `drain`, in their order; runs of data are added up. */
  readonly heard: string[] = [];
  readonly received: Buffer[] = [];
  stream: TunnelStream | undefined;
  reset: Reset | undefined;
  ended = false;
  grants = true;

  /** The bytes that came. */
  get bytes(): Buffer {
    return Buffer.concat(this.received);
  }

  onHead(payload: Buffer): void {
    this.heard.push(`head ${decodeResponseHead(payload).status}`);
  }

  onData(chunk: Buffer): void {
    this.received.push(Buffer.from(chunk));
    const last = this.heard.at(-1);
    const before = last?.startsWith('data ') ? Number(last.slice(5)) : 0;
    if (before > 0) this.heard.pop();
    this.heard.push(`data ${before + chunk.length}`);
    if (this.grants) this.stream?.grant(chunk.length);
  }

  onEnd(): void {
    this.ended = true;
    this.heard.push('end');
  }

  onReset(reset: Reset): void {
    this.reset = reset;
    this.heard.push(`reset ${reset.code}`);
  }

  onDrain(): void {
    this.heard.push('drain');
  }
}
