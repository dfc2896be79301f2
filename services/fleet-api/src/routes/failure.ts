import { DroverError } from '@drover/errors';
import type { FastifyError } from 'fastify';

/** Bodies of `/v1` and of forms are small: a list of groups at most. */
export const maxBodyBytes = 64 * 1024;

/** fastify's own errors, by their HTTP status. */
export function failureOf(error: FastifyError | DroverError | Error): DroverError {
  if (error instanceof DroverError) return error;
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (status === 413) return new DroverError('too-large', `limit is ${maxBodyBytes} bytes`, { cause: error });
  if (status === 415) return new DroverError('unsupported-media-type', undefined, { cause: error });
  if (status !== undefined && status >= 400 && status < 500)
    return new DroverError('bad-request', error.message, { cause: error });
  return DroverError.from(error);
}
