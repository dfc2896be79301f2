import { DroverError } from '@drover/errors';
import { answerFields, type RequestHead, type Reset, type StreamHandler, type TunnelStream } from '@drover/tunnel';
import type { Dispatcher } from 'undici';
import { keepRedirectWithin } from '../domain/redirect.ts';
import { endToEndHeaders, isLongLived } from '../domain/request-headers.ts';
import type { Backend } from './backend.ts';
import type { ActingIdentity } from './identities.ts';
import { refuseStream } from './refusal.ts';
import { RequestBody } from './request-body.ts';

/** An answer's headers as undici has parsed them. */
type AnswerFields = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/** How it shows that a connection went away under a request. */
const connectionLost: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** One request to the kube-apiserver and its answer: a tunnel stream on one side, undici on the other. */
export class Exchange implements StreamHandler, Dispatcher.DispatchHandler {
  readonly #stream: TunnelStream;
  readonly #backend: Backend;
  readonly #head: RequestHead;
  readonly #body: RequestBody | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #token = '';
  #answered = false;
  #over = false;
  #mayRepeat: boolean;

  constructor(stream: TunnelStream, head: RequestHead, hasBody: boolean, backend: Backend) {
    this.#stream = stream;
    this.#head = head;
    this.#backend = backend;
    this.#body = hasBody ? new RequestBody(stream) : undefined;
    this.#mayRepeat = !hasBody && (head.method === 'GET' || head.method === 'HEAD');
  }

  /** Sends the request as `identity`, with the impersonating account's credential. */
  start(identity: ActingIdentity): void {
    if (this.#over) return;
    this.#headers = identity.headers;
    this.#dispatch();
  }

  /** Answers with an error instead of asking the kube-apiserver. */
  refuse(error: DroverError): void {
    if (this.#over) return;
    this.#over = true;
    refuseStream(this.#stream, error);
  }

  #headers: readonly string[] = [];

  #dispatch(): void {
    const { method, target, headers } = this.#head;
    try {
      this.#token = this.#backend.token.current();
      const pool = this.#backend.poolFor(isLongLived(target));
      const sent = endToEndHeaders(headers);
      sent.push('authorization', `Bearer ${this.#token}`, ...this.#headers);
      pool.dispatch(
        {
          method: method as Dispatcher.HttpMethod,
          path: this.#backend.endpoint.basePath + target,
          headers: sent,
          body: this.#body ?? null,
        },
        this,
      );
    } catch (error) {
      this.refuse(DroverError.from(error, 'bad-request'));
    }
  }

  // The tunnel's side.

  onHead(): void {}

  onData(chunk: Buffer): void {
    if (this.#body === undefined || this.#body.destroyed) this.#stream.grant(chunk.length);
    else this.#body.receive(chunk);
  }

  onEnd(): void {
    this.#body?.push(null);
  }

  onReset(reset: Reset): void {
    this.#over = true;
    this.#controller?.abort(new DroverError('tunnel-lost', reset.message));
    this.#body?.destroy();
  }

  onDrain(): void {
    this.#controller?.resume();
  }

  // The kube-apiserver's side.

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new DroverError('tunnel-lost'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, fields: AnswerFields): void {
    if (status < 200 || this.#over) return;
    if (status === 401) this.#backend.token.refused(this.#token);
    const headers = answerFields(fields);
    try {
      keepRedirectWithin(status, headers, this.#backend.endpoint, this.#head.target);
    } catch (error) {
      this.refuse(DroverError.from(error));
      return controller.abort(error as Error);
    }
    this.#answered = true;
    this.#stream.respond({ status, headers });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#stream.write(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.#over = true;
    this.#stream.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#over) return;
    if (this.#answered) {
      this.#over = true;
      return this.#stream.reset('upstream-cut', `the cluster’s answer broke off: ${error.message}`);
    }
    // A kept connection that the kube-apiserver closed as the request went out: no byte was answered, so once more.
    if (this.#mayRepeat && 'code' in error && connectionLost.has(error.code)) {
      this.#mayRepeat = false;
      return this.#dispatch();
    }
    this.refuse(
      new DroverError('cluster-unreachable', `the agent cannot reach the kube-apiserver: ${error.message}`, {
        cause: error,
      }),
    );
  }
}
