import { DroverError } from '@drover/errors';

/** Exit codes of every command. */
export const exitCodes = Object.freeze({ done: 0, failed: 1, usage: 2, interrupted: 130 });

const usageDetail = 'usage';

/** The command was called in a way that it does not understand: exit code 2. */
export const usageError = (message: string): DroverError =>
  new DroverError('bad-request', message, { details: { [usageDetail]: true } });

/** Whether the failure says that one has to sign in again. */
export const needsSignIn = (error: unknown): boolean =>
  error instanceof DroverError && (error.code === 'unauthenticated' || error.code === 'session-ended');

/** The exit code for what ended a command. */
export const exitCodeOf = (error: unknown): number =>
  error instanceof DroverError && error.details[usageDetail] === true ? exitCodes.usage : exitCodes.failed;

/** What is told of a failure: what, where, what to do, in one line; the stack only where it was asked for. */
export function failureText(error: unknown, { debug }: { readonly debug: boolean }): string {
  const known = DroverError.from(error);
  const line = `drover: ${known.code === 'internal' && known.message === '' ? known.entry.meaning : known.message}`;
  return debug && error instanceof Error ? `${line}\n${inspected(error)}` : line;
}

/** The stack and those of its causes. */
function inspected(error: Error): string {
  const own = error.stack ?? String(error);
  return error.cause instanceof Error ? `${own}\ncaused by ${inspected(error.cause)}` : own;
}
