import type { Readable } from 'node:stream';
import { DroverError } from '@drover/errors';
import { decodeResponseHead, keptBytes, openFlag, type Reset, type StreamHandler, TunnelStream } from '@drover/tunnel';
import type { Credential } from '../access/credential.ts';
import type { Cuttable } from '../access/live-exchanges.ts';
import { AnswerBody } from '../domain/answer-body.ts';
import { answerHead } from '../domain/answer-head.ts';
import { errorOfReset } from '../domain/reset-error.ts';
import type { AdmittedRequest } from './admission.ts';
import type { ProxyContext } from './context.ts';
import type { Reply } from './reply.ts';

/** Sessions that are tried for a request before any byte of it or of its answer has gone. */
const maxTries = 3;

/**
 * One request through the tunnel and its answer. Bytes go from stream to stream: the caller's slowness holds back the
 * cluster by credit, the tunnel's holds back the caller by `pause`. Ends in exactly one audit record.
 */
export class Exchange implements StreamHandler, Cuttable {
  readonly credential: Credential;
  readonly clusterUid: string;
  expiresAtMs: number;
  readonly #request: AdmittedRequest;
  readonly #context: ProxyContext;
  readonly #reply: Reply;
  /** What the caller sends; undefined where he sends nothing. */
  readonly #source: Readable | undefined;
  #stream: TunnelStream | undefined;
  #body: AnswerBody | undefined;
  #assertion = '';
  #pumping = false;
  #tries = 0;
  #status = 0;
  #sent = false;
  #sourceEnded = false;
  #ungranted = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #over = false;

  constructor(request: AdmittedRequest, reply: Reply, source: Readable | undefined, context: ProxyContext) {
    this.#request = request;
    this.#reply = reply;
    this.#source = source;
    this.#context = context;
    this.credential = request.caller.credential;
    this.clusterUid = request.cluster.metadata.uid;
    this.expiresAtMs = this.credential.expiresAtMs;
    // From here on, so that a credential that ends while the request waits to be sent ends the request.
    context.live.add(this);
  }

  start(assertion: string): void {
    if (this.#over) return;
    this.#open(assertion);
  }

  #open(assertion: string): void {
    this.#tries++;
    const request = this.#request;
    const fin = this.#source === undefined || this.#sourceEnded;
    const target = { cluster: this.clusterUid, flags: request.upgrade ? openFlag.upgrade : 0, assertion };
    const opened = this.#context.dialer.open(target, request.head, fin, this);
    if (!(opened instanceof TunnelStream)) return this.#failed(opened);
    this.#stream = opened;
    this.#assertion = assertion;
    // Raw bytes of an upgrade are read after the 101 only.
    if (this.#source !== undefined && !request.upgrade) this.#pump(this.#source);
  }

  #pump(source: Readable): void {
    if (this.#pumping) return;
    this.#pumping = true;
    source.on('data', (chunk: Buffer) => {
      if (this.#over) return;
      this.#sent = true;
      this.#bytesIn += chunk.length;
      if (this.#stream?.write(chunk) === false) source.pause();
    });
    source.on('end', () => {
      // node ends an HTTP/2 stream that the caller has reset as if it were whole (T22); `gone` follows.
      if ('aborted' in source && source.aborted === true) return;
      this.#sourceEnded = true;
      this.#stream?.end();
    });
  }

  /** The caller has gone away. */
  gone(): void {
    if (this.#over) return;
    this.#stream?.reset('cancelled');
    this.#finish('the caller went away');
  }

  /** The caller reads again. */
  drained(): void {
    if (this.#ungranted === 0) return;
    this.#stream?.grant(this.#ungranted);
    this.#ungranted = 0;
  }

  /** The credential has ended, or the hub stops. */
  cut(error: DroverError): void {
    if (this.#over) return;
    this.#stream?.reset('revoked', error.message);
    this.#fail(error);
  }

  /** Answers without asking the cluster. */
  refuse(error: DroverError): void {
    if (!this.#over) this.#fail(error);
  }

  // What the tunnel says.

  onHead(payload: Buffer): void {
    if (this.#over) return;
    const { cluster, upgrade, requestId } = this.#request;
    try {
      const head = answerHead(decodeResponseHead(payload), { cluster: cluster.metadata.name, upgrade, requestId });
      // After a 101 the bytes are of another protocol, to the connection's end.
      if (head.status !== 101) this.#body = new AnswerBody(this.#request.method, head);
      this.#reply.head(head.status, head.headers);
      this.#status = head.status;
    } catch (error) {
      this.#stream?.reset('protocol', 'the answer cannot be passed on');
      return this.#fail(DroverError.from(error, 'tunnel-protocol'));
    }
    if (this.#status === 101 && this.#source !== undefined) this.#pump(this.#source);
  }

  onData(chunk: Buffer, fin: boolean): void {
    if (this.#over) return;
    if (this.#body?.take(chunk.length) === false) return this.#misfit('the answer is longer than it said');
    this.#bytesOut += chunk.length;
    // A caller who is behind makes it wait.
    const owned = this.#ungranted > 0 ? keptBytes(chunk) : chunk;
    if (this.#reply.data(owned, fin)) this.#stream?.grant(chunk.length);
    else this.#ungranted += chunk.length;
  }

  onEnd(): void {
    if (this.#over) return;
    if (this.#body?.complete === false) return this.#misfit('the answer is shorter than it said');
    this.#reply.end();
    // The cluster has answered before the request was read to its end: nobody wants the rest.
    if (this.#stream?.state.name !== 'closed') this.#stream?.reset('cancelled', 'answered');
    this.#finish();
  }

  onReset(reset: Reset): void {
    this.#failed(reset);
  }

  onDrain(): void {
    this.#source?.resume();
  }

  /** The answer is not what its head said: its caller sees it broken, and his connection carries nothing more. */
  #misfit(why: string): void {
    this.#stream?.reset('protocol', why);
    this.#fail(new DroverError('tunnel-protocol', why));
  }

  #failed(reset: Reset): void {
    if (this.#over) return;
    if (this.#status === 0 && this.#mayRetry(reset)) return this.#open(this.#assertion);
    this.#fail(errorOfReset(reset, this.#request.cluster.metadata.name));
  }

  /** A session that was not there took nothing; one that broke may have, so only what changes nothing is repeated. */
  #mayRetry(reset: Reset): boolean {
    if (this.#sent || this.#stream === undefined || this.#tries >= maxTries) return false;
    return reset.code === 'no-session' || (reset.code === 'session-lost' && this.#request.safe);
  }

  #fail(error: DroverError): void {
    if (this.#status === 0) {
      this.#status = error.entry.httpStatus;
      this.#reply.refuse(error);
    } else this.#reply.cut();
    this.#finish(error.message);
  }

  #finish(error?: string): void {
    this.#over = true;
    // What the caller still sends is read and dropped, so that the next request on his connection is reached.
    if (!this.#sourceEnded) this.#source?.resume();
    this.#context.live.remove(this);
    this.#context.audit.ended(this.#request, {
      status: this.#status,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      error,
    });
  }
}
