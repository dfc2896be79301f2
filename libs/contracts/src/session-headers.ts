/**
 * The headers of an answer of fleet-api by which auth-proxy learns who has just signed in, for the audit record: the
 * user's name, percent-encoded, and the name of his new token. They go on to the client, to whom they are no news.
 */
export const sessionHeaders = Object.freeze({ user: 'drover-session-user', token: 'drover-session-token' });
