import { type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2';
import type { TestHub } from './hub.ts';

export interface Http2Call {
  readonly path: string;
  readonly token: string;
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Another front door of the hub. */
  readonly door?: string;
}

export interface Http2Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Opens one request on an HTTP/2 connection of its own; the caller ends both. */
export function openHttp2(hub: Pick<TestHub, 'url' | 'ca'>, call: Http2Call, endStream = true) {
  const session = connect(call.door ?? hub.url, { ca: hub.ca });
  session.on('error', () => {}); // its stream tells
  const stream: ClientHttp2Stream = session.request(
    { ':method': call.method ?? 'GET', ':path': call.path, authorization: `Bearer ${call.token}`, ...call.headers },
    { endStream },
  );
  return { session, stream };
}

/** One request over HTTP/2; rejects where the answer is not whole. */
export async function callHttp2(hub: Pick<TestHub, 'url' | 'ca'>, call: Http2Call): Promise<Http2Answer> {
  const { session, stream } = openHttp2(hub, call);
  try {
    return await whole(stream);
  } finally {
    session.destroy();
  }
}

/** The answer of a stream; rejects where it broke off. */
export function whole(stream: ClientHttp2Stream): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    let headers: Record<string, unknown> = {};
    let text = '';
    stream.on('response', fields => {
      headers = { ...fields };
    });
    stream.setEncoding('latin1');
    stream.on('data', chunk => {
      text += chunk;
    });
    stream.once('error', reject);
    stream.once('aborted', () => reject(new Error('the stream was aborted')));
    stream.once('close', () => {
      if (headers[':status'] === undefined || stream.rstCode !== 0) reject(new Error(`reset by ${stream.rstCode}`));
      else resolve({ status: Number(headers[':status']), headers, text });
    });
  });
}
