import type { ClientRequest, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { Duplex } from 'node:stream';
import { DroverError } from '@drover/errors';
import { answerHeaders, type RequestHead, type Reset, type StreamHandler, type TunnelStream } from '@drover/tunnel';
import { keepRedirectWithin } from '../domain/redirect.ts';
import { endToEndHeaders, withoutLength } from '../domain/request-headers.ts';
import { type Backend, backendLimits } from './backend.ts';
import { CallerBytes } from './caller-bytes.ts';
import type { ActingIdentity } from './identities.ts';
import { ownTokenRefused, refuseStream } from './refusal.ts';

/**
 * A request that asks to switch protocols (exec, attach, port-forward), on a connection of its own. Raw bytes flow only
 * after the kube-apiserver's 101; any other answer is passed on as an answer, and the connection is closed (T14).
 */
export class UpgradeExchange implements StreamHandler {
  readonly #stream: TunnelStream;
  readonly #head: RequestHead;
  readonly #backend: Backend;
  #request: ClientRequest | undefined;
  /** What is read after the answer's head: the raw connection after 101, else the answer's body. */
  #source: IncomingMessage | Duplex | undefined;
  /** The raw connection, after 101 and never before. */
  #raw: Duplex | undefined;
  readonly #callerBytes: CallerBytes;
  /** Bytes that wait in the raw connection; the hub gets credit for them when it drains. */
  #ungranted = 0;
  #token = '';
  #over = false;

  constructor(stream: TunnelStream, head: RequestHead, backend: Backend) {
    this.#stream = stream;
    this.#head = head;
    this.#backend = backend;
    this.#callerBytes = new CallerBytes(chunk => this.#sendRaw(chunk), backend.clock);
  }

  start(identity: ActingIdentity): void {
    if (this.#over) return;
    const { method, target, headers } = this.#head;
    const { endpoint, token } = this.#backend;
    try {
      const sent = withoutLength(endToEndHeaders(headers));
      // Without a length node would send an empty chunked body, whose last chunk is raw bytes for the other protocol.
      if (method !== 'GET') sent.push('content-length', '0');
      sent.push('host', endpoint.url.host, 'connection', 'Upgrade', 'upgrade', upgradeOf(headers));
      this.#token = token.current();
      sent.push('authorization', `Bearer ${this.#token}`, ...identity.headers);
      this.#request = request({
        ...endpoint.tls,
        host: endpoint.host,
        port: endpoint.port,
        method,
        path: endpoint.basePath + target,
        headers: sent,
        agent: false,
        timeout: 0,
        maxHeaderSize: backendLimits.maxAnswerHeaderBytes,
      });
    } catch (error) {
      return this.refuse(DroverError.from(error, 'bad-request'));
    }
    this.#request.once('socket', socket => {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, backendLimits.keepAliveProbeMs);
    });
    this.#request.once('upgrade', (answer, socket, first) => this.#switched(answer, socket, first));
    this.#request.once('response', answer => this.#answered(answer));
    this.#request.on('error', error => this.#failed(error));
    this.#request.end();
  }

  refuse(error: DroverError): void {
    if (this.#over) return;
    this.#over = true;
    refuseStream(this.#stream, error);
  }

  onHead(): void {}

  onData(chunk: Buffer): void {
    // Bytes that a client sends before the 101 are dropped: it may not, and they must never reach the backend.
    if (this.#raw === undefined) this.#stream.grant(chunk.length);
    else this.#callerBytes.send(chunk);
  }

  onEnd(): void {
    this.#callerBytes.flush();
    this.#raw?.end();
  }

  onReset(_reset: Reset): void {
    this.#over = true;
    this.#callerBytes.drop();
    this.#request?.destroy();
    this.#raw?.destroy();
  }

  onDrain(): void {
    this.#callerBytes.resumed();
    this.#source?.resume();
  }

  #sendRaw(chunk: Buffer): void {
    if (this.#raw?.write(chunk)) this.#stream.grant(chunk.length);
    else this.#ungranted += chunk.length;
  }

  #switched(answer: IncomingMessage, socket: Duplex, first: Buffer): void {
    if (this.#over) return void socket.destroy();
    this.#raw = socket;
    this.#stream.respond({ status: 101, headers: answerHeaders(answer.rawHeaders, true) });
    socket.on('error', error => this.#failed(error));
    socket.on('drain', () => {
      this.#stream.grant(this.#ungranted);
      this.#ungranted = 0;
    });
    if (first.length > 0) this.#stream.write(first);
    this.#pass(socket);
    socket.once('close', () => this.#failed(new Error('the kube-apiserver closed the connection')));
  }

  #answered(answer: IncomingMessage): void {
    if (answer.statusCode === 401) {
      this.#backend.token.refused(this.#token);
      this.refuse(ownTokenRefused());
      return void answer.destroy();
    }
    const headers = answerHeaders(answer.rawHeaders);
    try {
      keepRedirectWithin(answer.statusCode ?? 502, headers, this.#backend.endpoint, this.#head.target);
    } catch (error) {
      this.refuse(DroverError.from(error));
      return void answer.destroy();
    }
    this.#stream.respond({ status: answer.statusCode ?? 502, headers });
    answer.once('aborted', () => this.#failed(new Error('the answer broke off')));
    this.#pass(answer);
  }

  #pass(source: IncomingMessage | Duplex): void {
    this.#source = source;
    source.on('data', (chunk: Buffer) => {
      this.#callerBytes.answered();
      if (this.#stream.write(chunk)) return;
      this.#callerBytes.paused();
      source.pause();
    });
    source.once('end', () => {
      this.#over = true;
      this.#callerBytes.drop();
      this.#stream.end();
      this.#raw?.end();
    });
  }

  #failed(error: Error): void {
    if (this.#over) return;
    this.#callerBytes.drop();
    if (this.#source === undefined) {
      return this.refuse(
        new DroverError('cluster-unreachable', `the agent cannot reach the kube-apiserver: ${error.message}`, {
          cause: error,
        }),
      );
    }
    this.#over = true;
    this.#stream.reset('upstream-cut', error.message);
  }
}

function upgradeOf(headers: readonly string[]): string {
  for (let at = 0; at < headers.length; at += 2)
    if (headers[at]?.toLowerCase() === 'upgrade') return headers[at + 1] ?? '';
  throw new DroverError('bad-request', 'the request names no protocol to switch to');
}
