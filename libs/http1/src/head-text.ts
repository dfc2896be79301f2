import { DroverError } from '@drover/errors';
import { headerName, isHeaderValue } from './header-fields.ts';

/**
 * A head as it goes over the wire (RFC 9112 §2.1), with the empty line at its end. `headers` is flat. To be written in
 * latin1.
 *
 * @throws DroverError `bad-request` where a name or a value could be read as something else than it
 * @example
 * writeHead('HTTP/1.1 204 No Content', ['audit-id', '1']); // 'HTTP/1.1 204 No Content\r\naudit-id: 1\r\n\r\n'
 */
export function writeHead(first: string, headers: readonly string[]): string {
  let text = `${first}\r\n`;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    if (headerName(name) === undefined || !isHeaderValue(value)) {
      throw new DroverError('bad-request', 'a header holds characters that HTTP cannot carry');
    }
    text += `${name}: ${value}\r\n`;
  }
  return `${text}\r\n`;
}
