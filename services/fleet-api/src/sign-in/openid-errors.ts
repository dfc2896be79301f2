import { DroverError } from '@drover/errors';
import { AuthorizationResponseError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';
import { droverErrorIn } from './provider-http.ts';

/** The hub is not who the provider thinks (RFC 6749, 5.2): an administrator has to look, whoever wants to sign in. */
const oursToMend = new Set([
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  // GitHub's own words.
  'incorrect_client_credentials',
  'redirect_uri_mismatch',
]);

/** Endpoints of the provider that are absent, or not https. */
const unusable = new Set([
  'OAUTH_HTTP_REQUEST_FORBIDDEN',
  'OAUTH_REQUEST_PROTOCOL_FORBIDDEN',
  'OAUTH_MISSING_SERVER_METADATA',
  'OAUTH_INVALID_SERVER_METADATA',
]);

/**
 * An error of openid-client as one of Drover's: `provider-unavailable` where the provider is not as it should be,
 * `unauthenticated` where it does not say who it is. `why` stands for the first where nothing better is known.
 */
export function openIdError(provider: string, error: unknown, why?: string): DroverError {
  const own = droverErrorIn(error);
  if (own !== undefined) return own;
  const said = oauthErrorOf(error);
  if (said !== undefined && oursToMend.has(said)) {
    return new DroverError('provider-unavailable', `the provider ${provider} refuses the hub: ${said}`, {
      cause: error,
    });
  }
  if (why === undefined && error instanceof Error && 'code' in error && unusable.has(String(error.code))) {
    return new DroverError(
      'provider-unavailable',
      `the provider ${provider} has endpoints that are missing or not https`,
      {
        cause: error,
      },
    );
  }
  if (why !== undefined) {
    return new DroverError('provider-unavailable', `the provider ${provider} ${why}`, { cause: error });
  }
  const what =
    said === 'access_denied' ? 'it was cancelled, or is not allowed there' : (said ?? 'its answer is not valid');
  return new DroverError('unauthenticated', `the provider ${provider} did not sign you in: ${what}`, { cause: error });
}

/** Whether the provider takes back what it had said at a sign-in. */
export const isGone = (error: unknown): boolean =>
  (error instanceof ResponseBodyError && error.error === 'invalid_grant') ||
  (error instanceof DroverError && error.code === 'unauthenticated');

/** Codes of OAuth are a closed alphabet (RFC 6749, 4.1.2.1); whatever else came back is not repeated. */
function oauthErrorOf(error: unknown): string | undefined {
  // Of the token endpoint, which challenges nobody but the client.
  if (error instanceof WWWAuthenticateChallengeError) return 'invalid_client';
  if (!(error instanceof AuthorizationResponseError || error instanceof ResponseBodyError)) return undefined;
  return /^[a-z_]{1,64}$/.test(error.error) ? error.error : undefined;
}
