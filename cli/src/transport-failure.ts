import { type CertificateDefect, certificateDefect, DroverError } from '@drover/errors';

const wrongCertificate: Readonly<Record<Exclude<CertificateDefect, 'unknown-issuer'>, string>> = {
  'wrong-name':
    'its certificate is for other names; use one of them, or start the hub with this one in DROVER_SERVER_NAMES',
  expired: 'its certificate has expired; the hub renews it when it starts',
  'not-valid-yet': 'its certificate is not valid yet; is this machine’s clock right?',
  other: 'its certificate is not one of a server',
};

/** Whether the hub’s certificate failed for want of a CA that vouches for it. */
export const isUnknownIssuer = (error: unknown): boolean =>
  error instanceof DroverError && error.code === 'hub-untrusted' && error.details['unknownIssuer'] === true;

/** A failure of connection or TLS as an error that says what to do. */
export function transportFailure(hub: string, cause: unknown): DroverError {
  if (cause instanceof DroverError) return cause;
  const code = errorCode(cause);
  const defect = certificateDefect(code);
  if (defect === 'unknown-issuer') {
    return new DroverError('hub-untrusted', `the certificate of ${hub} is not signed by a CA that is trusted here`, {
      cause,
      details: { unknownIssuer: true },
    });
  }
  if (defect !== undefined)
    return new DroverError('hub-untrusted', `${hub} cannot be trusted: ${wrongCertificate[defect]}`, { cause });
  return new DroverError(
    'unreachable',
    `${hub} cannot be reached (${reasonOf(cause, code)}); is the hub running there?`,
    {
      cause,
    },
  );
}

/** The code of an error or of what caused it; undici and happy eyeballs wrap them. */
function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  return inner === undefined ? error.name : errorCode(inner);
}

function reasonOf(error: unknown, code: string): string {
  if (code === 'TimeoutError' || code === 'UND_ERR_CONNECT_TIMEOUT') return 'it does not answer in time';
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its name is unknown to DNS';
  return error instanceof Error && error.message !== '' ? error.message : code;
}
