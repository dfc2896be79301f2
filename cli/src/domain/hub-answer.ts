import { DroverError, type ErrorCode, isStatus } from '@drover/errors';

/** Fields of a JSON answer. */
export type Answer = Readonly<Record<string, unknown>>;

const byStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'bad-request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  409: 'conflict',
  413: 'too-large',
  415: 'unsupported-media-type',
  422: 'invalid',
  429: 'too-many-requests',
  503: 'store-unavailable',
};

/** An HTTP answer that is no success, as an error that says what the hub said. */
export function refusal(
  hub: string,
  { httpStatus, body, signedIn }: { httpStatus: number; body: unknown; signedIn: boolean },
): DroverError {
  const code = byStatus[httpStatus] ?? 'unreachable';
  if (!isStatus(body)) {
    return new DroverError(
      code,
      `${hub} answered with HTTP status ${httpStatus} and no explanation; is it a Drover hub?`,
    );
  }
  const { message, reason } = body;
  const known: ErrorCode = code === 'conflict' && reason === 'AlreadyExists' ? 'already-exists' : code;
  return new DroverError(known, `${hub} refused: ${message.replace(/\.$/, '')}${advice(known, hub, signedIn)}`);
}

function advice(code: ErrorCode, hub: string, signedIn: boolean): string {
  switch (code) {
    case 'unauthenticated':
      return signedIn ? `; run \`drover login ${hub}\`` : '';
    case 'forbidden':
      return signedIn ? '; ask an administrator of the hub' : '';
    case 'too-many-requests':
      return '; wait a while';
    case 'store-unavailable':
      return '; try again';
    default:
      return '';
  }
}

/** The answer as an object. */
export function objectOf(value: unknown, what: string): Answer {
  if (isAnswer(value)) return value;
  throw unexpected(what);
}

/** A field that must be a text. */
export function textOf(answer: Answer, field: string): string {
  const value = answer[field];
  if (typeof value === 'string' && value !== '') return value;
  throw unexpected(`${field} in it`);
}

/** A field that must be a list of objects. */
export function listOf(answer: Answer, field: string): readonly Answer[] {
  const value = answer[field];
  if (Array.isArray(value) && value.every(isAnswer)) return value;
  throw unexpected(`${field} in it`);
}

/** A text field that may be missing. */
export const optionalText = (answer: Answer, field: string): string | undefined => {
  const value = answer[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const isAnswer = (value: unknown): value is Answer =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const unexpected = (what: string): DroverError =>
  new DroverError('unreachable', `the hub’s answer is not understood (${what}); is drover of the hub’s version?`);
