import { DroverError, type ErrorCode, isStatus } from '@drover/errors';
import type { JsonAnswer } from './json-request.ts';

const codes: Readonly<Record<number, ErrorCode>> = Object.freeze({
  400: 'bad-request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  406: 'not-acceptable',
  410: 'gone',
  413: 'too-large',
  415: 'unsupported-media-type',
  422: 'invalid',
  429: 'too-many-requests',
});

/** The one place where a kube-apiserver's failure becomes Drover's: its code by status and reason, its own message kept. */
export function errorOfAnswer(what: string, answer: JsonAnswer): DroverError {
  const { reason, message } = statusIn(answer.text);
  return new DroverError(
    codeOf(answer.status, reason),
    `${what}: the kube-apiserver answered ${answer.status}: ${message}`,
    {
      details: { httpStatus: answer.status, reason },
    },
  );
}

function codeOf(status: number, reason: string): ErrorCode {
  if (status === 409) return reason === 'AlreadyExists' ? 'already-exists' : 'conflict';
  if (status >= 300 && status < 400) return 'redirect-refused';
  return codes[status] ?? 'cluster-unreachable';
}

function statusIn(text: string): { reason: string; message: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (isStatus(value)) return { reason: value.reason ?? '', message: value.message ?? '' };
  } catch {
    // not the kube-apiserver's own answer, such as a load balancer's page: said below
  }
  return { reason: '', message: 'not with a Status' };
}
