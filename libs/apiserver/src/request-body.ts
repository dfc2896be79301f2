import { DroverError } from '@drover/errors';
import type { ApiRequest } from './api-exchange.ts';
import { duplicateFields } from './json-fields.ts';
import { parseYaml } from './yaml-body.ts';

/** The largest body: what etcd takes, and well below the store's largest message. */
export const maxBodyBytes = 1_500_000;

/** The media types of objects. */
export const objectTypes: readonly string[] = ['application/json', 'application/yaml'];

/** The media type of a request without its parameters; JSON where nothing is said. */
export const mediaTypeOf = (request: ApiRequest): string =>
  (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() || 'application/json';

/** What a body says. */
export interface Body {
  readonly value: unknown;
  /** What is there twice, each as kube-apiserver tells it; the last one counts. */
  readonly duplicates: readonly string[];
}

/** Makes the failure that says why a body cannot be read. */
export type BodyFailure = (why: string, bytes: Buffer) => DroverError;

/**
 * The body, or undefined where there is none. Throws `too-large` as soon as the limit is passed, `unsupported-media-type`,
 * and what `failure` makes (default: `bad-request`).
 */
export async function readBody(
  request: ApiRequest,
  accepted: readonly string[],
  failure: BodyFailure = why => new DroverError('bad-request', unparsed(why)),
): Promise<Body | undefined> {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return undefined;
  const mediaType = mediaTypeOf(request);
  if (!accepted.includes(mediaType)) {
    const list = accepted.join(', ');
    throw new DroverError(
      'unsupported-media-type',
      `the body of the request was in an unknown format - accepted media types include: ${list}`,
    );
  }
  const text = bytes.toString('utf8');
  try {
    // JSON is YAML, and what kubectl applies: it is read as such, which is faster by far.
    if (mediaType.endsWith('yaml') && !isJson(text)) return parseYaml(text);
    const value: unknown = JSON.parse(text);
    return { value, duplicates: duplicateFields(text).map(path => `duplicate field ${JSON.stringify(path)}`) };
  } catch (error) {
    if (error instanceof DroverError) throw error;
    throw failure(error instanceof Error ? whyNotJson(error.message, text) : '', bytes);
  }
}

function isJson(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The value of the body, or undefined where there is none; throws as {@link readBody}. */
export const readJson = async (request: ApiRequest, accepted: readonly string[]): Promise<unknown> =>
  (await readBody(request, accepted))?.value;

/** The failure of a body that should be an object of the kind `kind`. */
export const unrecognised =
  (kind: string): BodyFailure =>
  (why, bytes) =>
    new DroverError(
      'bad-request',
      `the object provided is unrecognized (must be of type ${kind}): ${unparsed(why)} (${summaryOf(bytes)})`,
    );

/** So many bytes of a body are repeated in a failure. */
const maxSummaryBytes = 30;

/** As `summarizeData` of k8s.io/apiserver. */
function summaryOf(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>';
  const start = bytes.subarray(0, maxSummaryBytes);
  const text = start[0] === 0x7b ? start.toString('utf8') : start.toString('hex');
  return bytes.length > maxSummaryBytes ? `${text} ...` : text;
}

/** Go's words for the commonest mistake; for the others, those of the parser. */
function whyNotJson(message: string, text: string): string {
  if (message.startsWith('yaml: ')) return message;
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? -1);
  const ends = position >= text.length || /^Unexpected end/.test(message);
  return ends ? 'unexpected end of JSON input' : message;
}

/** What kube-apiserver says of a body that should be an object; first of all it looks for its kind. */
const unparsed = (why: string): string =>
  why.startsWith('yaml: ') ? why : `couldn't get version/kind; json parse error: ${why}`;

/** The bytes of the body. Throws `too-large` as soon as the limit is passed. */
export async function readBytes({ headers, body }: ApiRequest): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  if (Number(headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // Whoever has gone already will not say so again.
  if (body.destroyed && !body.readableEnded) throw new DroverError('bad-request', 'the body was cut');
  // Not `for await`: leaving that early would destroy the connection before the answer is sent.
  await new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= maxBodyBytes) chunks.push(chunk);
      else finish(() => reject(tooLarge()));
    };
    const onEnd = (): void => finish(resolve);
    const onBroken = (): void => finish(() => reject(new DroverError('bad-request', 'the body was cut')));
    const finish = (then: () => void): void => {
      body.off('data', onData).off('end', onEnd).off('close', onBroken).off('error', onBroken);
      then();
    };
    body.on('data', onData).on('end', onEnd).on('close', onBroken).on('error', onBroken);
  });
  return Buffer.concat(chunks);
}

const tooLarge = (): DroverError =>
  new DroverError('too-large', `Request entity too large: limit is ${maxBodyBytes} bytes`);
