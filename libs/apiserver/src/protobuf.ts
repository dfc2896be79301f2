import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { DroverError } from '@drover/errors';

/** The media type in which client-go sends Kubernetes' own kinds from 1.33 on, with no other tried when it is refused. */
export const protobufType = 'application/vnd.kubernetes.protobuf';

type Scalar = 'string' | 'number' | 'boolean' | 'bytes';

/**
 * How a field is read. A scalar that is zero is left out, as Go leaves it out of JSON, but for one that is a pointer in Go
 * (`?`): there zero is a value. `bytes` become base64. The last three are messages that JSON writes as a scalar.
 */
export type ProtobufForm =
  | Scalar
  | `${Scalar}?`
  | 'intOrString'
  | 'quantity'
  | 'time'
  /** Read and forgotten, whatever it holds. */
  | 'ignored'
  | ProtobufMessage;

/**
 * The fields of a message, by their numbers in Kubernetes' `generated.proto`. One that is not named here and holds anything is
 * refused: nothing that a client sends gets lost in silence.
 */
export interface ProtobufMessage {
  readonly [number: number]: readonly [name: string, form: ProtobufForm, many?: 'list' | 'map'];
}

/** What stands before a message: k8s.io/apimachinery/pkg/runtime/serializer/protobuf. */
const magic = Buffer.from('k8s\0', 'latin1');
const envelope: ProtobufMessage = {
  1: ['type', { 1: ['apiVersion', 'string'], 2: ['kind', 'string'] }],
  2: ['raw', 'bytes'],
};

/** The JSON of an object in Kubernetes' protobuf envelope. Throws `bad-request`, and `unsupported-media-type` for a field that is not read. */
export function decodeObject(bytes: Buffer, message: ProtobufMessage): Record<string, unknown> {
  if (!bytes.subarray(0, magic.length).equals(magic))
    throw malformed('provided data does not appear to be a protobuf message');
  try {
    const { type, raw = '' } = decode(bytes.subarray(magic.length), envelope, '');
    return { ...(typeof type === 'object' ? type : {}), ...decode(Buffer.from(String(raw), 'base64'), message, '') };
  } catch (error) {
    if (error instanceof DroverError) throw error;
    // The reader throws plain errors, all of them of the bytes.
    throw malformed(`proto: ${error instanceof Error ? error.message : 'malformed'}`);
  }
}

function decode(bytes: Uint8Array, message: ProtobufMessage, at: string): Record<string, unknown> {
  const found = new Map<string, unknown>();
  const lists = new Map<string, unknown[]>();
  const maps = new Map<string, Map<string, unknown>>();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const field = message[number];
    if (field === undefined) {
      // Go writes the zero of a field that JSON leaves out.
      if (reader.skip(wire, number).some(byte => byte !== 0)) throw unread(at, number);
      continue;
    }
    const [name, form, many] = field;
    const place = at === '' ? name : `${at}.${name}`;
    if (many === 'map') {
      const entry = readValue(reader, wire, { 1: ['key', 'string?'], 2: ['value', alwaysThere(form)] }, place);
      const { key, value } = typeof entry === 'object' && entry !== null ? { key: '', value: '', ...entry } : {};
      maps.set(name, (maps.get(name) ?? new Map()).set(String(key), value));
      continue;
    }
    const value = readValue(reader, wire, many === 'list' ? alwaysThere(form) : form, place);
    if (value === undefined) continue;
    if (many === undefined) found.set(name, value);
    else {
      const list = lists.get(name) ?? [];
      list.push(value);
      lists.set(name, list);
    }
  }
  const objects = [...maps].map(([name, map]): [string, unknown] => [name, Object.fromEntries(map)]);
  return Object.fromEntries([...found, ...lists, ...objects]);
}

/** An item of a list or a map counts also where it is zero. */
const alwaysThere = (form: ProtobufForm): ProtobufForm => (isScalar(form) ? `${form}?` : form);
const isScalar = (form: ProtobufForm): form is Scalar =>
  form === 'string' || form === 'number' || form === 'boolean' || form === 'bytes';

/** The value of a field; undefined: as if it were not there. */
function readValue(reader: BinaryReader, wire: WireType, form: ProtobufForm, at: string): unknown {
  const require = (expected: WireType): void => {
    if (wire !== expected) throw malformed(`proto: wrong wireType = ${wire} for field ${at}`);
  };
  switch (form) {
    case 'ignored':
      return void reader.skip(wire);
    case 'string':
    case 'string?': {
      require(WireType.LengthDelimited);
      return unlessZero(form, reader.string());
    }
    case 'bytes':
    case 'bytes?':
      require(WireType.LengthDelimited);
      return unlessZero(form, Buffer.from(reader.bytes()).toString('base64'));
    case 'number':
    case 'number?':
      require(WireType.Varint);
      return unlessZero(form, numberOf(reader, at));
    case 'boolean':
    case 'boolean?':
      require(WireType.Varint);
      return unlessZero(form, reader.bool());
  }
  require(WireType.LengthDelimited);
  const bytes = reader.bytes();
  switch (form) {
    case 'quantity':
      return decode(bytes, { 1: ['text', 'string?'] }, at)['text'] ?? '0';
    case 'intOrString': {
      const { type, number = 0, text = '' } = decode(bytes, intOrString, at);
      return type === 1 ? text : number;
    }
    case 'time': {
      const { seconds } = decode(bytes, { 1: ['seconds', 'number?'], 2: ['nanoseconds', 'ignored'] }, at);
      return typeof seconds === 'number' ? timeText(seconds, at) : undefined;
    }
  }
  return decode(bytes, form, at);
}

const intOrString: ProtobufMessage = { 1: ['type', 'number'], 2: ['number', 'number'], 3: ['text', 'string'] };

const unlessZero = (form: string, value: string | number | boolean): unknown =>
  form.endsWith('?') || (value !== '' && value !== 0 && value !== false) ? value : undefined;

function numberOf(reader: BinaryReader, at: string): number {
  const value = Number(reader.int64());
  if (Number.isSafeInteger(value)) return value;
  throw malformed(`${at}: a whole number has at most 53 bits here`);
}

function timeText(seconds: number, at: string): string {
  const time = new Date(seconds * 1000);
  if (Number.isNaN(time.getTime())) throw malformed(`${at}: no time`);
  return time.toISOString().replace('.000Z', 'Z');
}

const unread = (at: string, number: number): DroverError =>
  new DroverError(
    'unsupported-media-type',
    `field ${number} of ${at === '' ? 'the object' : at} is not read from ${protobufType} here; send application/json`,
  );

const malformed = (why: string): DroverError => new DroverError('bad-request', why);
