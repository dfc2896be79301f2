import { DroverError, type ErrorCode } from '@drover/errors';
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/nats-core';

/** Codes of the JetStream API that mean that somebody else wrote in between. */
const conflictCodes: ReadonlySet<number> = new Set([
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
]);

function codeOf(error: unknown): ErrorCode {
  if (error instanceof JetStreamApiError) return conflictCodes.has(error.code) ? 'conflict' : 'store-unavailable';
  if (error instanceof errors.PermissionViolationError) return 'forbidden';
  if (error instanceof errors.RequestError && error.cause instanceof errors.PermissionViolationError)
    return 'forbidden';
  if (error instanceof errors.InvalidArgumentError) return 'internal';
  return 'store-unavailable';
}

/** An error of the NATS client as a DroverError; `what` was being done, and is said first. */
export function busError(error: unknown, what: string): DroverError {
  if (error instanceof DroverError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new DroverError(codeOf(error), `${what}: ${reason}`, { cause: error });
}
