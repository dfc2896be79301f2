import type { IncomingMessage } from 'node:http';
import { DroverError } from '@drover/errors';

/** The largest body: what etcd takes, and well below the store's largest message. */
export const maxBodyBytes = 1_500_000;

/** The media type of a request without its parameters. */
export const mediaTypeOf = (request: IncomingMessage): string =>
  (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

/**
 * The body as JSON, or undefined where there is none. Throws `too-large` as soon as the limit is passed,
 * `unsupported-media-type`, `bad-request`.
 */
export async function readJson(request: IncomingMessage, accepted: readonly string[]): Promise<unknown> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // Whoever has gone already will not say so again.
  if (request.destroyed && !request.readableEnded) throw new DroverError('bad-request', 'the body was cut');
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
      request.off('data', onData).off('end', onEnd).off('close', onBroken).off('error', onBroken);
      then();
    };
    request.on('data', onData).on('end', onEnd).on('close', onBroken).on('error', onBroken);
  });
  if (size === 0) return undefined;
  const mediaType = mediaTypeOf(request);
  if (!accepted.includes(mediaType)) {
    const list = accepted.join(', ');
    throw new DroverError(
      'unsupported-media-type',
      `the body of the request was in an unknown format - accepted media types include: ${list}`,
    );
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new DroverError('bad-request', 'the body is not JSON', { cause: error });
  }
}

const tooLarge = (): DroverError => new DroverError('too-large', `limit is ${maxBodyBytes} bytes`);
