import { DroverError } from '@drover/errors';

/** The errors of RFC 6749 (5.2, 4.1.2.1), RFC 8628 (3.5) and RFC 8693 that the hub answers with. */
export type OAuthErrorCode =
  | 'access_denied'
  | 'authorization_pending'
  | 'expired_token'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_request'
  | 'invalid_target'
  | 'slow_down'
  | 'temporarily_unavailable'
  | 'unsupported_grant_type'
  | 'unsupported_response_type';

/** An error that an OAuth client reads by its own codes. */
export const oauthError = (code: OAuthErrorCode, description: string): DroverError =>
  new DroverError(code === 'invalid_client' ? 'unauthenticated' : 'bad-request', description, {
    details: { oauth: code },
  });

/** How an OAuth client reads an error: what is wrong with who asks for a session, is wrong with his grant. */
export function oauthCodeOf(error: DroverError): OAuthErrorCode | 'server_error' {
  const { oauth } = error.details;
  if (typeof oauth === 'string') return oauth as OAuthErrorCode;
  switch (error.entry.httpStatus) {
    case 401:
    case 403:
    case 404:
      return 'invalid_grant';
    case 429:
      return 'slow_down';
    case 503:
      return 'temporarily_unavailable';
    default:
      return error.entry.httpStatus < 500 ? 'invalid_request' : 'server_error';
  }
}
