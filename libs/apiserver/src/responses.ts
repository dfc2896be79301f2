import { type DroverError, statusOf } from '@drover/errors';
import type { ApiHeaders, ApiResponse } from './api-exchange.ts';
import type { ListBytes } from './list-bytes.ts';

/** How long a caller that asks too often should wait, seconds. */
const retryAfterSeconds = 1;

/** Answers with JSON. */
export function sendJson(response: ApiResponse, status: number, body: unknown, headers: ApiHeaders = {}): void {
  sendBytes(response, status, Buffer.from(`${JSON.stringify(body)}\n`, 'utf8'), headers);
}

/** Answers with JSON that is there already. */
export function sendBytes(response: ApiResponse, status: number, json: Buffer, headers: ApiHeaders = {}): void {
  response.send(
    status,
    {
      'content-type': 'application/json',
      'content-length': json.length,
      'cache-control': 'no-cache, private',
      ...headers,
    },
    json,
  );
}

/** Where gzip begins to be worth its time; as kube-apiserver. */
const gzipFromBytes = 128 * 1024;

/** Answers with a list, compressed where it is long and the client takes that. */
export async function sendList(response: ApiResponse, list: ListBytes, gzip: boolean): Promise<void> {
  if (!gzip || list.json.length <= gzipFromBytes) return sendBytes(response, 200, list.json);
  sendBytes(response, 200, await list.gzipped(), { 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
}

/** Answers with plain text. */
export function sendText(response: ApiResponse, status: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': bytes.length,
    'cache-control': 'no-cache, private',
    'x-content-type-options': 'nosniff',
  };
  response.send(status, headers, bytes);
}

/** Answers with an error's `Status`; an answer that has already begun is broken off, so that it cannot look whole (T24). */
export function sendError(response: ApiResponse, error: DroverError): void {
  if (response.begun) return response.cut();
  const status = statusOf(error);
  const wait = status.details?.['retryAfterSeconds'] ?? (status.code === 429 ? retryAfterSeconds : undefined);
  sendJson(response, status.code, status, wait === undefined ? {} : { 'retry-after': String(wait) });
}
