import { DroverError } from '@drover/errors';
import { Agent, request } from 'undici';
import { isSafeProviderUrl } from '../domain/provider-url.ts';

/** A person waits, and so does a connection of the hub: a provider that is well answers in a fraction of it. */
const requestTimeoutMs = 5_000;
/** Key sets, discovery documents and pages of a hundred teams are far smaller. */
const maxAnswerBytes = 2 * 1024 * 1024;
/** Sign-ins come now and then; a few connections carry them, and a provider that hangs holds no more. */
const maxConnections = 32;
/** How deep an error of a library may hide the reason. */
const maxCauses = 8;

export interface ProviderHttpOptions {
  /** The AuthProvider's name, for what is said of a failure. */
  readonly provider: string;
  /** PEM; then nothing else that the system trusts counts. */
  readonly ca?: string | undefined;
  readonly timeoutMs?: number | undefined;
}

/** What is asked of a provider, as `fetch` has it and no more. */
export interface ProviderRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Talks with one provider over HTTPS. A redirect is an answer like another and never followed, so that what is meant for
 * the provider goes nowhere else.
 */
export class ProviderHttp implements AsyncDisposable {
  readonly #provider: string;
  readonly #agent: Agent;
  readonly #timeoutMs: number;

  constructor({ provider, ca, timeoutMs = requestTimeoutMs }: ProviderHttpOptions) {
    this.#provider = provider;
    this.#timeoutMs = timeoutMs;
    this.#agent = new Agent({
      connections: maxConnections,
      pipelining: 1,
      connect: { timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) },
    });
  }

  /**
   * Sends one request and reads its whole answer.
   *
   * @throws DroverError `provider-unavailable`: no answer in time, too large a one, or a 5xx or 429; the reason of `signal`
   *   where the caller has given up
   */
  async send(url: string, { method, headers, body, signal }: ProviderRequest): Promise<Response> {
    if (!isSafeProviderUrl(url)) throw this.unavailable(`names ${new URL(url).origin}, which is not https`);
    const late = AbortSignal.timeout(this.#timeoutMs);
    try {
      const answer = await request(url, {
        method,
        headers: { 'user-agent': 'drover', ...headers },
        ...(body === undefined || body === null ? {} : { body: String(body) }),
        signal: signal === undefined ? late : AbortSignal.any([signal, late]),
        dispatcher: this.#agent,
      });
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of answer.body) {
        bytes += chunk.length;
        // Leaving the loop ends the connection.
        if (bytes > maxAnswerBytes) throw this.unavailable(`answers more than ${maxAnswerBytes} bytes`);
        chunks.push(chunk);
      }
      const status = answer.statusCode;
      if (status >= 500 || status === 429) throw this.unavailable(`answers ${status}`);
      return new Response(isBodyless(status) ? null : Buffer.concat(chunks), {
        status,
        headers: Object.entries(answer.headers).flatMap(([name, value]) =>
          [value ?? []].flat().map((one): [string, string] => [name, one]),
        ),
      });
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      if (cause instanceof DroverError) throw cause;
      throw this.unavailable(
        late.aborted ? `does not answer within ${this.#timeoutMs} ms` : 'cannot be reached',
        cause,
      );
    }
  }

  /** `provider-unavailable`, which says which provider. */
  unavailable(why: string, cause?: unknown): DroverError {
    return new DroverError('provider-unavailable', `the provider ${this.#provider} ${why}`, {
      ...(cause === undefined ? {} : { cause }),
      details: { provider: this.#provider },
    });
  }

  /** Sends nothing more; what is on its way ends first, within the time that a request has. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#agent.close();
  }
}

/** A `Response` of these takes no body. */
const isBodyless = (status: number): boolean => status === 204 || status === 205 || status === 304;

/** The error of Drover's own that a library has wrapped, or undefined. */
export function droverErrorIn(error: unknown): DroverError | undefined {
  let one = error;
  for (let depth = 0; depth < maxCauses && one instanceof Error; depth++) {
    if (one instanceof DroverError) return one;
    one = one.cause;
  }
  return undefined;
}
