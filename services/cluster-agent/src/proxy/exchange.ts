import { DroverError } from '@drover/errors';
import type { ClientConnection, ConnectionUser } from '@drover/http1';
import { writeHead } from '@drover/http1';
import { answerHeaders, type RequestHead, type StreamHandler, type TunnelStream } from '@drover/tunnel';
import { keepRedirectWithin } from '../domain/redirect.ts';
import { endToEndHeaders } from '../domain/request-headers.ts';
import type { Backend } from './backend.ts';
import type { ActingIdentity } from './identities.ts';
import { ownTokenRefused, refuseStream } from './refusal.ts';
import { RequestSender } from './request-sender.ts';

/** One request to the kube-apiserver and its answer: a tunnel stream on one side, a connection on the other. */
export class Exchange implements StreamHandler, ConnectionUser {
  readonly #stream: TunnelStream;
  readonly #backend: Backend;
  readonly #head: RequestHead;
  /** What of the request's headers is sent; its length is read from these and no others (T16). */
  readonly #headers: string[];
  readonly #sender: RequestSender;
  #connection: ClientConnection | undefined;
  #token = '';
  #wire = '';
  #sentAtMs = Number.POSITIVE_INFINITY;
  #answered = false;
  #over = false;

  constructor(stream: TunnelStream, head: RequestHead, hasBody: boolean, backend: Backend) {
    this.#stream = stream;
    this.#head = head;
    this.#headers = endToEndHeaders(head.headers);
    this.#backend = backend;
    this.#sender = new RequestSender(stream, this.#headers, hasBody);
  }

  /** Sends the request as `identity`, with the impersonating account's credential. */
  start(identity: ActingIdentity): void {
    if (this.#over) return;
    const { method, target } = this.#head;
    const { endpoint, token } = this.#backend;
    try {
      this.#sender.check();
      this.#token = token.current();
      const sent = [...this.#headers];
      sent.push('host', endpoint.url.host, 'authorization', `Bearer ${this.#token}`, ...identity.headers);
      if (this.#sender.chunked) sent.push('transfer-encoding', 'chunked');
      this.#wire = writeHead(`${method} ${endpoint.basePath}${target} HTTP/1.1`, sent);
    } catch (error) {
      return this.refuse(DroverError.from(error, 'bad-request'));
    }
    this.#send(this.#backend.take());
  }

  /** Answers with an error instead of asking the kube-apiserver. */
  refuse(error: DroverError): void {
    if (this.#over) return;
    this.#over = true;
    this.#connection?.destroy();
    refuseStream(this.#stream, error);
    this.#sender.drop();
  }

  #send(connection: ClientConnection): void {
    this.#connection = connection;
    this.#sentAtMs = this.#backend.clock.now();
    connection.begin(this, this.#head.method, this.#wire, !this.#sender.hasBody);
    this.#sender.to(connection);
  }

  // The tunnel's side.

  onHead(): void {}

  onData(chunk: Buffer): void {
    try {
      this.#sender.receive(chunk);
    } catch (error) {
      this.#giveUp(DroverError.from(error));
    }
  }

  onEnd(): void {
    try {
      this.#sender.end();
    } catch (error) {
      this.#giveUp(DroverError.from(error));
    }
  }

  onReset(): void {
    // A caller who has waited in vain may have met a silent network: then the connections that are kept are no better.
    if (!this.#over && !this.#answered) this.#backend.gaveUp(this.#sentAtMs);
    this.#over = true;
    this.#connection?.destroy();
  }

  onDrain(): void {
    this.#connection?.resume();
  }

  // The kube-apiserver's side.

  onAnswerHead(status: number, raw: string[]): void {
    if (this.#over) return;
    if (status === 401) {
      this.#backend.token.refused(this.#token);
      return this.refuse(ownTokenRefused());
    }
    const headers = answerHeaders(raw);
    try {
      keepRedirectWithin(status, headers, this.#backend.endpoint, this.#head.target);
    } catch (error) {
      return this.refuse(DroverError.from(error));
    }
    this.#answered = true;
    this.#stream.respond({ status, headers });
  }

  onAnswerBody(chunk: Buffer): void {
    if (!this.#over && !this.#stream.write(chunk)) this.#connection?.pause();
  }

  onAnswerEnd(): void {
    this.#over = true;
    this.#connection?.resume(); // its next user's answer must not wait for this one's reader
    this.#connection = undefined;
    this.#sender.drop();
    this.#stream.end();
  }

  onWritable(): void {
    this.#sender.drained();
  }

  onConnectionLost(error: Error): void {
    if (this.#over) return;
    if (this.#answered) {
      this.#over = true;
      return this.#stream.reset('upstream-cut', `the cluster’s answer broke off: ${error.message}`);
    }
    // A kept connection that the kube-apiserver closed as the request went out: no byte was answered, so once more.
    const { method } = this.#head;
    const repeatable = !this.#sender.hasBody && (method === 'GET' || method === 'HEAD');
    if (this.#connection?.used && (repeatable || this.#connection.withheld))
      return this.#send(this.#backend.take(true));
    this.refuse(
      new DroverError('cluster-unreachable', `the agent cannot reach the kube-apiserver: ${error.message}`, {
        cause: error,
      }),
    );
  }

  /** The request is not what its head says: it must not go on. */
  #giveUp(error: DroverError): void {
    if (!this.#answered) return this.refuse(error);
    if (this.#over) return;
    this.#over = true;
    this.#connection?.destroy();
    this.#stream.reset('protocol', error.message);
  }
}
