import { DroverError } from '@drover/errors';

/** The media type in which client-go sends Kubernetes' own kinds from 1.33 on, with no other tried when it is refused. */
export const protobufType = 'application/vnd.kubernetes.protobuf';

/** The fields of a message that are read, by their numbers in Kubernetes' `generated.proto`; others are passed over. */
export interface ProtobufMessage {
  readonly [number: number]: readonly [name: string, form: 'string' | 'strings' | ProtobufMessage];
}

/** What stands before a message: k8s.io/apimachinery/pkg/runtime/serializer/protobuf. */
const magic = Buffer.from('k8s\0', 'latin1');
const envelope = { 1: ['type', { 1: ['apiVersion', 'string'], 2: ['kind', 'string'] }], 2: ['raw', 'string'] } as const;

/** The JSON of an object in Kubernetes' protobuf envelope, as far as `message` reads it. Throws `bad-request`. */
export function decodeObject(bytes: Buffer, message: ProtobufMessage): Record<string, unknown> {
  if (!bytes.subarray(0, magic.length).equals(magic))
    throw malformed('provided data does not appear to be a protobuf message');
  const unknown = bytes.subarray(magic.length);
  const { type } = decode(unknown, { 1: envelope[1] });
  const raw = lastBytes(unknown, 2);
  return { ...(typeof type === 'object' ? type : {}), ...decode(raw, message) };
}

function decode(bytes: Buffer, message: ProtobufMessage): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const { number, value } of fieldsOf(bytes)) {
    const field = message[number];
    if (field === undefined || value === undefined) continue;
    const [name, form] = field;
    if (form === 'string') found[name] = value.toString('utf8');
    else if (form === 'strings') {
      const before = found[name];
      found[name] = [...(Array.isArray(before) ? before : []), value.toString('utf8')];
    } else found[name] = decode(value, form);
  }
  return found;
}

function lastBytes(bytes: Buffer, number: number): Buffer {
  let last = Buffer.alloc(0);
  for (const field of fieldsOf(bytes))
    if (field.number === number && field.value !== undefined) last = Buffer.from(field.value);
  return last;
}

/** Every field of a message (https://protobuf.dev/programming-guides/encoding); `value` of those that have bytes. */
function* fieldsOf(bytes: Buffer): Generator<{ number: number; value: Buffer | undefined }> {
  let at = 0;
  const varint = (): number => {
    let result = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw malformed('unexpected EOF');
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
    throw malformed('proto: integer overflow');
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw malformed('unexpected EOF');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        varint();
        yield { number, value: undefined };
        break;
      case 1:
        take(8);
        yield { number, value: undefined };
        break;
      case 2:
        yield { number, value: take(varint()) };
        break;
      case 5:
        take(4);
        yield { number, value: undefined };
        break;
      default:
        throw malformed('proto: illegal wireType');
    }
  }
}

const malformed = (why: string): DroverError => new DroverError('bad-request', why);
