import { request } from 'node:https';
import { pause } from '@drover/async';
import { DroverError } from '@drover/errors';

export interface HubAnswer {
  readonly status: number;
  /** Parsed JSON, or undefined where the answer is none. */
  readonly body: unknown;
}

export interface HubCall {
  readonly url: string;
  /** PEM that the hub's certificate is verified by. */
  readonly ca: string;
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly token?: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

const timeoutMs = 10_000;
const pollMs = 25;
/** A hub on a slow machine, many processes of it. */
const readyTimeoutMs = 60_000;

/** One request to the hub through its front door. @throws DroverError `unreachable` */
export async function callHub({ url, ca, path, method = 'GET', token, body, signal }: HubCall): Promise<HubAnswer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const timeout = AbortSignal.timeout(timeoutMs);
  const { promise, resolve, reject } = Promise.withResolvers<HubAnswer>();
  const sent = request(`${url}${path}`, {
    ca,
    method,
    agent: false,
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    headers: {
      accept: 'application/json',
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
  });
  sent.once('error', cause => reject(new DroverError('unreachable', `${url}${path}: ${cause.message}`, { cause })));
  sent.once('response', async answer => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of answer) chunks.push(chunk);
      resolve({ status: answer.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString('utf8')) });
    } catch (cause) {
      reject(new DroverError('unreachable', `${url}${path}: the answer was cut`, { cause }));
    }
  });
  sent.end(text);
  return await promise;
}

/** Resolves when the hub says through its front door that it serves. */
export async function untilReady(call: Pick<HubCall, 'url' | 'ca'>, signal: AbortSignal): Promise<void> {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(readyTimeoutMs)]);
  for (;;) {
    const answer = await callHub({ ...call, path: '/readyz', signal: ended }).catch(() => undefined);
    if (answer?.status === 200) return;
    await pause(pollMs, ended);
  }
}

/** Statuses of a hub that a moment later may do what it was asked: too many at once, a part that is not there yet. */
const passing: readonly number[] = [429, 502, 503, 504];

/**
 * Asks until the hub gives an answer that it would not change by itself a moment later. Statuses of `also` are waited out
 * as well, and so is a front door that cannot be reached. When the time is over the last answer stands.
 *
 * @throws DroverError `unreachable` where there was none; the signal's reason when it is aborted
 */
export async function untilAnswered(
  call: Omit<HubCall, 'signal'>,
  also: readonly number[],
  signal?: AbortSignal,
): Promise<HubAnswer> {
  const deadline = AbortSignal.timeout(readyTimeoutMs);
  for (;;) {
    signal?.throwIfAborted();
    const answer = await callHub({ ...call, ...(signal ? { signal } : {}) }).catch((error: unknown) =>
      DroverError.from(error),
    );
    const isPassing = answer instanceof DroverError || [...passing, ...also].includes(answer.status);
    if (isPassing && !deadline.aborted) await pause(pollMs, signal);
    else if (answer instanceof DroverError) throw answer;
    else return answer;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
