import { createHash } from 'node:crypto';
import { DroverError } from '@drover/errors';
import type { ApiRequest, ApiResponse } from './api-exchange.ts';
import { methodNotAllowed } from './failures.ts';

/** Something that does not change while the server runs: written once, then only sent. */
export interface Document {
  readonly bytes: Buffer;
  readonly contentType: string;
  /** With its quotes (RFC 9110, 8.8.3); clients that have it already are told so, with 304. */
  readonly etag: string;
}

/** The forms of one document; the first is what a client gets that asks for nothing special. */
export type Documents = readonly [Document, ...Document[]];

/** Writes a document. `contentType` may carry the parameters by which clients ask for it. */
export function documentOf(value: unknown, contentType = 'application/json'): Document {
  const bytes = Buffer.from(JSON.stringify(value), 'utf8');
  return { bytes, contentType, etag: `"${hashOf(bytes)}"` };
}

/** SHA-512 as kube-apiserver prints it. */
const hashOf = (bytes: Buffer): string => createHash('sha512').update(bytes).digest('hex').toUpperCase();

/**
 * Answers a GET or HEAD with the form that the client prefers, or 304 where it has that already. Throws `method-not-allowed`,
 * `not-acceptable`.
 */
export function sendDocument(
  request: ApiRequest,
  response: ApiResponse,
  documents: Documents,
  cacheControl = 'no-cache, private',
): void {
  requireReading(request);
  const { bytes, contentType, etag } = preferred(documents, request.headers.accept);
  const headers = { etag, vary: 'Accept', 'cache-control': cacheControl };
  if (isKnown(request.headers['if-none-match'], etag)) {
    response.send(304, headers);
    return;
  }
  response.send(200, { ...headers, 'content-type': contentType, 'content-length': bytes.length }, bytes);
}

function preferred(documents: Documents, accept: string | undefined): Document {
  const [first] = documents;
  for (const range of (accept || '*/*').split(',')) {
    const [mediaType = '', ...parameters] = range.split(';').map(part => part.trim());
    const asked = parameters.filter(parameter => !parameter.startsWith('q='));
    if (asked.length === 0) {
      if (['application/json', 'application/*', '*/*'].includes(mediaType.toLowerCase())) return first;
      continue;
    }
    const found = documents.find(({ contentType }) => {
      const [type, ...has] = contentType.split(';');
      return type === mediaType.toLowerCase() && has.length > 0 && has.every(parameter => asked.includes(parameter));
    });
    if (found !== undefined) return found;
  }
  throw new DroverError('not-acceptable', `only ${documents.map(one => one.contentType).join(', ')} can be produced`);
}

/**
 * As {@link sendDocument}, of a document whose index names it with its hash: that address may be kept for ever, and an older
 * one is answered with the way to the newer (k8s.io/kube-openapi/pkg/handler3).
 */
export function sendHashed(
  request: ApiRequest,
  response: ApiResponse,
  path: string,
  query: string,
  documents: Documents,
): void {
  const asked = new URLSearchParams(query).get('hash');
  if (asked === null) return sendDocument(request, response, documents);
  const hash = documents[0].etag.slice(1, -1);
  if (asked === hash) return sendDocument(request, response, documents, 'public, immutable');
  requireReading(request);
  response.send(301, { location: `${path}?hash=${hash}`, 'content-length': 0 });
}

function requireReading({ method }: ApiRequest): void {
  if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed();
}

const isKnown = (ifNoneMatch: string | undefined, etag: string): boolean =>
  (ifNoneMatch ?? '').split(',').some(one => [etag, '*'].includes(one.trim().replace(/^W\//, '')));
