import { type Agent, type RequestOptions, request } from 'node:https';
import { DroverError } from '@drover/errors';

/** One request to the kube-apiserver. */
export interface JsonRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
  readonly signal: AbortSignal;
}

/** The objects that Drover reads are small; a larger answer is a defect or an attack. */
const maxAnswerBytes = 8 * 1024 * 1024;

/** What came back: any status is an answer. */
export interface JsonAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends one request and reads its whole answer. Redirects are not followed (T15). A failure to reach the server is
 * `cluster-unreachable`; an abort rejects with the signal's own reason.
 */
export function sendJson(agent: Agent, options: RequestOptions, wanted: JsonRequest): Promise<JsonAnswer> {
  const { url, method, body, signal } = wanted;
  const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body), 'utf8');
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      reject(signal.aborted ? signal.reason : cause instanceof DroverError ? cause : unreachable(url, cause));
    };
    const sent = request(
      url,
      { ...options, agent, method, signal, headers: headersOf(options, wanted, payload) },
      answer => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        answer.on('error', fail);
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > maxAnswerBytes)
            return answer.destroy(new DroverError('too-large', `${method} ${url.pathname} answers too much`));
          chunks.push(chunk);
        });
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    sent.on('error', fail);
    sent.end(payload);
  });
}

const headersOf = (options: RequestOptions, { contentType }: JsonRequest, payload: Buffer | undefined) => ({
  ...(Array.isArray(options.headers) ? {} : options.headers),
  accept: 'application/json',
  'user-agent': 'drover',
  ...(payload === undefined
    ? {}
    : { 'content-type': contentType ?? 'application/json', 'content-length': payload.length }),
});

const unreachable = (url: URL, cause: unknown): DroverError =>
  new DroverError(
    'cluster-unreachable',
    `the kube-apiserver ${url.host} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  );
