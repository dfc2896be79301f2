/** At most what a double counts exactly; 15 digits are a petabyte. */
const digits = /^\d{1,15}$/;

/**
 * The length that flat headers with lower-case names announce: undefined where there is none, NaN where it is malformed or
 * said twice with different values (RFC 9112 §6.3: the message cannot be trusted then).
 */
export function bodyLength(headers: readonly string[]): number | undefined {
  let length: number | undefined;
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] !== 'content-length') continue;
    const value = headers[at + 1] ?? '';
    const found = digits.test(value) ? Number(value) : Number.NaN;
    if (length !== undefined && length !== found) return Number.NaN;
    length = found;
  }
  return length;
}
