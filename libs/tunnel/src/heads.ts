import { DroverError } from '@drover/errors';
import { TunnelProtocolError } from './protocol-error.ts';

/** Flags of OPEN. */
export const openFlag = Object.freeze({
  /** The request asks to switch protocols; raw bytes follow a HEAD of status 101. */
  upgrade: 1,
  /** A gateway has forwarded this stream once; it is not forwarded again. */
  forwarded: 2,
});

/** The fixed part of OPEN, which gateways read: `identity:u32 flags:u8 length:u8 cluster`. The rest is opaque to them. */
export interface OpenRoute {
  /** Number of an IDENTITY of this session; 0: none. */
  readonly identity: number;
  readonly flags: number;
  /** The cluster's uid. */
  readonly cluster: string;
}

const fixedBytes = 6;

/** Length of a route to `cluster` in bytes. */
export const routeBytes = (cluster: string): number => fixedBytes + cluster.length;

/** The route as bytes. Throws `bad-request` where `cluster` is longer than 255 characters. */
export function encodeRoute(route: OpenRoute): Buffer {
  if (route.cluster.length > 255) throw new DroverError('bad-request', 'a cluster’s uid has at most 255 characters');
  const bytes = Buffer.allocUnsafe(fixedBytes + route.cluster.length);
  bytes.writeUInt32BE(route.identity, 0);
  bytes[4] = route.flags;
  bytes[5] = route.cluster.length;
  bytes.write(route.cluster, fixedBytes, 'latin1');
  return bytes;
}

/** Reads the route of an OPEN; `rest` is where the request's head begins. Throws a TunnelProtocolError. */
export function decodeRoute(payload: Buffer): OpenRoute & { rest: number } {
  const length = payload[5];
  if (length === undefined || payload.length < fixedBytes + length) throw new TunnelProtocolError('OPEN is too short');
  return {
    identity: payload.readUInt32BE(0),
    flags: payload[4] ?? 0,
    cluster: payload.toString('latin1', fixedBytes, fixedBytes + length),
    rest: fixedBytes + length,
  };
}

/** A request's or an answer's head; `headers` is flat: name, value, name, value … in the order of the wire. */
export interface RequestHead {
  readonly method: string;
  /** Path and query, as the cluster shall see them. */
  readonly target: string;
  readonly headers: readonly string[];
}
export interface ResponseHead {
  readonly status: number;
  readonly headers: readonly string[];
}

/**
 * Heads travel as latin1 lines: `count`, two or one fields of the first line, then names and values. No field may hold
 * a line feed (RFC 9110 §5.5 forbids it); `count` makes one that slipped through fail instead of becoming a header.
 */
function encode(first: string, headers: readonly string[]): string {
  const text = headers.length === 0 ? `0\n${first}` : `${headers.length}\n${first}\n${headers.join('\n')}`;
  // Written as latin1, U+010A would become a line feed. (V8 answers at once where the string is one byte a character.)
  if (wide.test(text)) throw new DroverError('bad-request', 'a head holds characters that HTTP cannot carry');
  return text;
}

/** Throws `bad-request` where a field holds a character beyond latin1. */
export const encodeRequestHead = (head: RequestHead): string => encode(`${head.method}\n${head.target}`, head.headers);
/** Throws `bad-request` where a field holds a character beyond latin1. */
export const encodeResponseHead = (head: ResponseHead): string => encode(`${head.status}`, head.headers);

const wide = /[\u0100-\uffff]/;

/** The lines of a head; throws a TunnelProtocolError where their number is wrong or one could split a header (T1). */
function split(payload: Buffer, from: number, firstFields: number): string[] {
  const text = payload.toString('latin1', from);
  if (text.includes('\r') || text.includes('\0')) throw new TunnelProtocolError('a head holds CR or NUL');
  const fields = text.split('\n');
  if (Number(fields[0]) !== fields.length - 1 - firstFields || fields.length % 2 !== (firstFields + 1) % 2) {
    throw new TunnelProtocolError('a head has a line too many or too few');
  }
  return fields;
}

export function decodeRequestHead(payload: Buffer, from: number): RequestHead {
  const fields = split(payload, from, 2);
  return { method: fields[1] ?? '', target: fields[2] ?? '', headers: fields.slice(3) };
}

/** The head; its `headers` are a fresh array, the caller's to change. */
export function decodeResponseHead(payload: Buffer): { status: number; headers: string[] } {
  const fields = split(payload, 0, 1);
  const status = Number(fields[1]);
  if (!Number.isInteger(status) || status < 100 || status > 999) throw new TunnelProtocolError('a status is no number');
  return { status, headers: fields.slice(2) };
}
