import { getCACertificates } from 'node:tls';
import { DroverError } from '@drover/errors';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { refusal } from './domain/hub-answer.ts';
import type { ProxySettings } from './environment.ts';
import { transportFailure } from './transport-failure.ts';

/** By what the hub's certificate is judged. */
export type ServerTrust =
  | { readonly kind: 'ca'; readonly ca: string }
  | { readonly kind: 'system' }
  /** Nobody vouches: for asking what the hub's CA is, and for nothing that is secret. */
  | { readonly kind: 'unverified' };

export interface HubClientOptions {
  /** In the form of `hubUrl`. */
  readonly url: string;
  readonly trust: ServerTrust;
  readonly proxy: ProxySettings;
  /** Bearer token; a client without verified trust refuses to hold one. */
  readonly token?: string;
}

/** Connecting takes milliseconds; a firewall that drops packets is noticed after as long. */
const connectTimeoutMs = 10_000;
/** One whole request; the slowest, a login on a busy hub, takes about a second. */
const requestTimeoutMs = 30_000;
/** Answers are lists at most. */
const maxAnswerBytes = 64 * 1024 * 1024;
/** Go, and so kubectl, never asks a proxy for these. */
const neverProxied = 'localhost,127.0.0.1,::1';

/** A request with all of its headers. */
export interface PlainRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface PlainAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Requests to one hub. Every failure is a DroverError that says what to do. */
export class HubClient implements AsyncDisposable {
  readonly url: string;
  readonly #token: string | undefined;
  readonly #dispatcher: Dispatcher;

  constructor({ url, trust, proxy, token }: HubClientOptions) {
    if (trust.kind === 'unverified' && token !== undefined) {
      throw new DroverError('internal', 'a token must not go to a hub that nobody vouches for');
    }
    this.url = url;
    this.#token = token;
    this.#dispatcher = dispatcherOf(trust, proxy);
  }

  get(path: string, signal: AbortSignal): Promise<unknown> {
    return this.#send('GET', path, undefined, signal);
  }

  post(path: string, body: object, signal: AbortSignal): Promise<unknown> {
    return this.#send('POST', path, body, signal);
  }

  delete(path: string, signal: AbortSignal): Promise<unknown> {
    return this.#send('DELETE', path, undefined, signal);
  }

  /** One request as it is, whatever the answer's status. */
  async exchange({ method, path, headers, body }: PlainRequest, signal: AbortSignal): Promise<PlainAnswer> {
    try {
      const response = await this.#dispatcher.request({
        origin: this.url,
        method,
        path,
        headers,
        body: body ?? null,
        signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]),
      });
      const type = response.headers['content-type'];
      const contentType = typeof type === 'string' ? type : '';
      return { status: response.statusCode, contentType, text: await response.body.text() };
    } catch (cause) {
      signal.throwIfAborted();
      throw transportFailure(this.url, cause);
    }
  }

  async #send(method: 'GET' | 'POST' | 'DELETE', path: string, body: object | undefined, signal: AbortSignal) {
    const headers = {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
    };
    const sent = { method, path, headers, body: body === undefined ? undefined : JSON.stringify(body) };
    const { status, text } = await this.exchange(sent, signal);
    const answer = parsed(text);
    // a redirect is no success either: it would carry the token elsewhere
    if (status < 200 || status > 299) {
      throw refusal(this.url, { httpStatus: status, body: answer, signedIn: this.#token !== undefined });
    }
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatcher.close();
  }
}

function dispatcherOf(trust: ServerTrust, { httpsProxy, allProxy, noProxy }: ProxySettings): Dispatcher {
  const tls =
    trust.kind === 'ca'
      ? { ca: trust.ca }
      : trust.kind === 'system'
        ? { ca: [...getCACertificates('default'), ...getCACertificates('system')] }
        : { rejectUnauthorized: false };
  const limits = { maxResponseSize: maxAnswerBytes, connections: 1 };
  const proxy = httpsProxy ?? allProxy;
  if (proxy === undefined) return new Agent({ ...limits, connect: { ...tls, timeout: connectTimeoutMs } });
  return new EnvHttpProxyAgent({
    ...limits,
    httpsProxy: proxy,
    noProxy: noProxy === undefined ? neverProxied : `${noProxy},${neverProxied}`,
    connect: { ...tls, timeout: connectTimeoutMs },
    requestTls: { ...tls, timeout: connectTimeoutMs },
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
