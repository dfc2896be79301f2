import type { ServerResponse } from 'node:http';
import { type DroverError, statusOf } from '@drover/errors';
import type { ListBytes } from './list-bytes.ts';

/** How long a caller that asks too often should wait, seconds. */
const retryAfterSeconds = 1;

/** Answers with JSON. Works on HTTP/1.1 and on node's compatible HTTP/2 classes: no status message, no connection header. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendBytes(response, status, Buffer.from(`${JSON.stringify(body)}\n`, 'utf8'), headers);
}

/** Answers with JSON that is there already. */
export function sendBytes(
  response: ServerResponse,
  status: number,
  json: Buffer,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': json.length,
    'cache-control': 'no-cache, private',
    ...headers,
  });
  response.end(json);
}

/** Where gzip begins to be worth its time; as kube-apiserver. */
const gzipFromBytes = 128 * 1024;

/** Answers with a list, compressed where it is long and the client takes that. */
export async function sendList(response: ServerResponse, list: ListBytes, gzip: boolean): Promise<void> {
  if (!gzip || list.json.length <= gzipFromBytes) return sendBytes(response, 200, list.json);
  sendBytes(response, 200, await list.gzipped(), { 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
}

/** Answers with plain text. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = Buffer.from(text, 'utf8');
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': bytes.length,
    'cache-control': 'no-cache, private',
    'x-content-type-options': 'nosniff',
  });
  response.end(bytes);
}

/** Answers with an error's `Status`; an answer that has already begun is broken off, so that it cannot look whole (T24). */
export function sendError(response: ServerResponse, error: DroverError): void {
  if (response.headersSent) return void response.destroy();
  const status = statusOf(error);
  const wait = status.details?.['retryAfterSeconds'] ?? (status.code === 429 ? retryAfterSeconds : undefined);
  sendJson(response, status.code, status, wait === undefined ? {} : { 'retry-after': String(wait) });
}
