/**
 * The headers of an answer of fleet-api by which auth-proxy learns who has just signed in, for the audit record: the
 * user's name, percent-encoded, and the name of his new token. They go on to the client, to whom they are no news.
 */
export const sessionHeaders = Object.freeze({ user: 'drover-session-user', token: 'drover-session-token' });

/**
 * The browser's cookie with a session's credential. By the prefix `__Host-` browsers keep it to this very host and to TLS
 * (RFC 6265bis §4.1.3.2).
 */
export const sessionCookieName = '__Host-drover-session';
