/** What a request to the hub itself came to, where its path does not say it. */
export interface AuditNote {
  /** Such as `sign-in`, `sign-in-refused`, `session-renewed`, `session-ended`, `token-made`, `password-changed`. */
  readonly action: string;
  /** By which AuthProvider. */
  readonly provider?: string | undefined;
  /** The name that was given: the client's own words, so that this tells him nothing. */
  readonly account?: string | undefined;
  /** What was made or changed: `tokens/abc`. */
  readonly object?: string | undefined;
  /** Of a refusal: the code that the client is answered with. */
  readonly reason?: string | undefined;
}

/**
 * The header of an answer by which fleet-api tells auth-proxy, which alone writes the audit (T6), what to say of the request.
 * It goes on to the client, and so holds nothing that he may not know.
 */
export const auditNoteHeader = 'drover-audit-note';

/** Names are bounded by what routes take; a header must stay small. */
const maxChars = 256;
const fields = ['action', 'provider', 'account', 'object', 'reason'] as const;

/** The note as the value of {@link auditNoteHeader}. */
export function writeAuditNote(note: AuditNote): string {
  const cut = fields.map(field => [field, note[field]?.slice(0, maxChars)] as const);
  return Buffer.from(JSON.stringify(Object.fromEntries(cut)), 'utf8').toString('base64url');
}

/** The note of a header's value; undefined: it is none. */
export function readAuditNote(value: unknown): AuditNote | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    const read: unknown = JSON.parse(Buffer.from(value, 'base64url').toString('utf8'));
    const texts = fields.map(field => [field, Reflect.get(Object(read), field)] as const);
    const { action, ...rest } = Object.fromEntries(texts.filter(([, text]) => typeof text === 'string'));
    return action === undefined ? undefined : { action, ...rest };
  } catch {
    return undefined;
  }
}
