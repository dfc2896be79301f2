import { fieldsIn, headLines } from './header-fields.ts';

/** A request that is all head. */
export interface PlainRequest {
  readonly method: string;
  /** Origin-form. */
  readonly target: string;
  /** Flat; lower-case names. */
  readonly headers: readonly string[];
  /** How many bytes of the input it took. */
  readonly bytes: number;
}

/** `GET /path HTTP/1.1`: methods that have no body as a rule, and a target in origin-form (RFC 9112 §3.2.1). */
const requestLine = /^(GET|HEAD|DELETE|OPTIONS) (\/[!-~]*) HTTP\/1\.1$/;

/** With one of these a request has a body, changes the protocol, or says how the connection goes on. */
const notPlain: ReadonlySet<string> = new Set([
  'transfer-encoding',
  'upgrade',
  'expect',
  'trailer',
  'te',
  'http2-settings',
  'proxy-connection',
  'keep-alive',
]);

/**
 * Reads one whole plain HTTP/1.1 request at `from`. It knows a strict part of the protocol only: undefined stands for
 * everything else, well-formed or not, which is for node:http to judge (T16). So nothing is decided here that node:http would
 * decide otherwise: a request is plain only if it can be read in one way.
 */
export function parsePlainRequest(input: Buffer, from: number, maxHeadBytes: number): PlainRequest | undefined {
  const end = input.indexOf('\r\n\r\n', from, 'latin1');
  if (end < 0 || end - from > maxHeadBytes) return undefined;
  const lines = headLines(input.toString('latin1', from, end));
  if (lines === undefined) return undefined;
  const [, method, target] = requestLine.exec(lines[0] ?? '') ?? [];
  const headers = method === undefined ? undefined : fieldsIn(lines);
  if (method === undefined || target === undefined || headers === undefined) return undefined;
  let hosts = 0;
  let lengths = 0;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    if (name === 'host') {
      hosts++;
      if (value === '') return undefined;
    } else if (name === 'connection') {
      if (!keepAlive.test(value)) return undefined;
    } else if (name === 'content-length') {
      if (value !== '0' || lengths++ > 0) return undefined;
    } else if (notPlain.has(name)) return undefined;
  }
  return hosts === 1 ? { method, target, headers, bytes: end + 4 - from } : undefined;
}

const keepAlive = /^keep-alive$/i;
