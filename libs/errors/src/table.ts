/** One row of the error table: what a caller sees, and what a program may do about it. */
export interface ErrorEntry {
  /** The HTTP status of an answer that carries this error. */
  readonly httpStatus: number;
  /** The Kubernetes `Status.reason` (API conventions, "Response Status Kind"). */
  readonly reason: string;
  /** Whether the same request may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** One sentence for the user: what it means and what to do. */
  readonly meaning: string;
}

const row = (httpStatus: number, reason: string, retryable: boolean, meaning: string): ErrorEntry =>
  Object.freeze({ httpStatus, reason, retryable, meaning });

/**
 * Every error that Drover raises by itself. docs/errors.md lists the same codes, and a test holds the two together.
 * Code is matched by these codes, never by a message.
 */
export const errorTable = Object.freeze({
  unauthenticated: row(401, 'Unauthorized', false, 'No valid credential was sent; run `drover login` again.'),
  'token-expired': row(401, 'Unauthorized', false, 'The token has expired; run `drover login` again.'),
  'session-ended': row(401, 'Unauthorized', false, 'The session has ended; run `drover login` again.'),
  'token-malformed': row(401, 'Unauthorized', false, 'The token is not a Drover token, or was mistyped or cut.'),
  'user-disabled': row(401, 'Unauthorized', false, 'The user is disabled; ask an administrator of the hub.'),
  'password-change-required': row(
    403,
    'Forbidden',
    false,
    'The password was chosen by somebody else; sign in with a new one: `drover login --new-password-file F`.',
  ),
  forbidden: row(403, 'Forbidden', false, 'The hub knows who you are and does not allow this.'),
  'impersonation-forbidden': row(
    403,
    'Forbidden',
    false,
    'Only who holds the verb impersonate on the hub may use --as.',
  ),
  'identity-unsafe': row(
    400,
    'BadRequest',
    false,
    'A user or group name cannot be carried in an HTTP header unchanged.',
  ),
  'identity-refused': row(403, 'Forbidden', false, 'The agent refused the identity of this request.'),
  'identity-missing': row(403, 'Forbidden', false, 'The agent got a request with no verified identity and refused it.'),
  'path-not-normal': row(400, 'BadRequest', false, 'The path of the request is not in normal form.'),
  'bad-request': row(400, 'BadRequest', false, 'The request is malformed.'),
  'headers-too-large': row(431, 'RequestHeaderFieldsTooLarge', false, 'The headers of the request exceed the limit.'),
  'cluster-unknown': row(
    404,
    'NotFound',
    false,
    'The hub has no cluster of that name; see `kubectl get clusters` on the hub.',
  ),
  'cluster-disconnected': row(503, 'ServiceUnavailable', false, 'No agent of the cluster is connected to the hub.'),
  'cluster-unreachable': row(
    503,
    'ServiceUnavailable',
    true,
    'The agent is connected, but the cluster’s kube-apiserver does not answer it.',
  ),
  'tunnel-lost': row(502, 'BadGateway', true, 'The tunnel to the cluster broke before the cluster answered.'),
  'tunnel-busy': row(429, 'TooManyRequests', true, 'The tunnel carries as many streams as its limit allows.'),
  'redirect-refused': row(
    502,
    'BadGateway',
    false,
    'The cluster answered with a redirect to another host, which is never followed.',
  ),
  'upgrade-refused': row(502, 'BadGateway', false, 'The cluster did not switch protocols as the request asked.'),
  'authorization-stale': row(
    503,
    'ServiceUnavailable',
    true,
    'This replica has not heard of changes for too long to decide on access.',
  ),
  'audit-unavailable': row(
    503,
    'ServiceUnavailable',
    true,
    'The audit record of this session could not be kept, so it was not opened.',
  ),
  'not-found': row(404, 'NotFound', false, 'There is no such object or path.'),
  'already-exists': row(409, 'AlreadyExists', false, 'An object of that name exists.'),
  conflict: row(409, 'Conflict', true, 'The object was changed by somebody else; read it again.'),
  invalid: row(422, 'Invalid', false, 'The object does not satisfy its schema.'),
  gone: row(410, 'Expired', false, 'That resourceVersion is older than the history that is kept; list again.'),
  timeout: row(504, 'Timeout', true, 'What was asked for did not come about in time; try again.'),
  'method-not-allowed': row(405, 'MethodNotAllowed', false, 'The resource does not support that verb.'),
  'not-acceptable': row(406, 'NotAcceptable', false, 'None of the accepted media types can be produced.'),
  'unsupported-media-type': row(415, 'UnsupportedMediaType', false, 'The body’s media type is not understood.'),
  'too-large': row(413, 'RequestEntityTooLarge', false, 'The body exceeds the limit.'),
  'too-many-requests': row(429, 'TooManyRequests', true, 'Too many attempts; wait and try again.'),
  'join-token-invalid': row(
    401,
    'Unauthorized',
    false,
    'The join token is unknown, expired or revoked; run `drover cluster import` again.',
  ),
  'agent-pending-approval': row(
    403,
    'Forbidden',
    false,
    'Another key is registered for this cluster; run `drover cluster approve-agent NAME`.',
  ),
  'agent-proof-invalid': row(401, 'Unauthorized', false, 'The agent could not prove that it holds its key.'),
  'hub-untrusted': row(
    502,
    'BadGateway',
    false,
    'The hub’s certificate or identity is not the one that the join file names.',
  ),
  'tunnel-protocol': row(
    502,
    'BadGateway',
    false,
    'The peer broke the tunnel protocol; are both ends of versions that work together?',
  ),
  'backup-invalid': row(
    400,
    'BadRequest',
    false,
    'The file is no whole backup of Drover, or the passphrase or identity does not open it.',
  ),
  'config-invalid': row(500, 'InternalError', false, 'A setting is missing or has a wrong value.'),
  'server-missing': row(500, 'InternalError', false, 'A server that Drover needs is not installed.'),
  'store-unavailable': row(503, 'ServiceUnavailable', true, 'The hub’s store does not answer.'),
  'provider-unavailable': row(
    503,
    'ServiceUnavailable',
    true,
    'The identity provider does not answer; who is signed in goes on.',
  ),
  'sessions-unavailable': row(
    503,
    'ServiceUnavailable',
    true,
    'Sessions cannot be kept at the moment, so nobody new can sign in; who is signed in goes on.',
  ),
  'secret-unreadable': row(
    500,
    'InternalError',
    false,
    'A kept secret cannot be opened with the hub’s keys; set it again, or give the hub the key file that it was kept with.',
  ),
  unreachable: row(502, 'BadGateway', true, 'The other side cannot be reached.'),
  internal: row(500, 'InternalError', false, 'A defect of Drover; the request id finds it in the log.'),
} satisfies Record<string, ErrorEntry>);

/** The closed set of error codes. */
export type ErrorCode = keyof typeof errorTable;
