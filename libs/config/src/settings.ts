import Type, { type TSchema } from 'typebox';

/** Where to listen or dial: a host name or address (IPv6 without brackets) and a TCP port (0: any free one). */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** What each kind of setting takes: its default (as it would be written in the environment), and who reads it. */
export interface SettingOptions {
  /** Absent: the variable must be set. */
  readonly default?: string;
  /** What it is for; said in the error when it is wrong. */
  readonly description: string;
  /** Its value is never repeated in an error (a URL with a password, say). */
  readonly secret?: boolean;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const hostPortPattern = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/;
const durationPattern = /^(\d{1,12})(ms|s|m|h|d)?$/;
const maxPort = 65_535;

const annotations = ({ default: fallback, description, secret }: SettingOptions, expected: string) => ({
  ...(fallback === undefined ? {} : { default: fallback }),
  ...(secret ? { writeOnly: true } : {}),
  description,
  expected,
});

/** `host:port` or `[v6]:port` as a {@link HostPort}; undefined where it is neither. */
export function parseHostPort(value: string): HostPort | undefined {
  const match = hostPortPattern.exec(value);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > maxPort ? undefined : { host, port };
}

/** The inverse of {@link parseHostPort}: an IPv6 address gets its brackets. */
export const hostPortText = ({ host, port }: HostPort): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

function parseDuration(value: string): number | undefined {
  const match = durationPattern.exec(value);
  return match ? Number(match[1]) * (units[match[2] ?? 'ms'] ?? 1) : undefined;
}

function isUrl(value: string): boolean {
  return URL.canParse(value);
}

/** A text that is not empty. */
export const text = (options: SettingOptions) =>
  Type.String({ minLength: 1, ...annotations(options, 'a text that is not empty') });

/** `host:port`, decoded to {@link HostPort}. */
export const hostPort = (options: SettingOptions) =>
  Type.Decode(
    Type.Refine(
      Type.String(annotations(options, 'host:port, such as 127.0.0.1:8443 or [::1]:8443')),
      value => parseHostPort(value) !== undefined,
    ),
    value => parseHostPort(value) ?? { host: '', port: 0 },
  );

/** A duration, decoded to milliseconds: `250`, `250ms`, `15s`, `5m`, `24h`, `30d`. */
export const durationMs = (options: SettingOptions) =>
  Type.Decode(
    Type.Refine(
      Type.String(annotations(options, 'a duration in ms, or with a unit: 250ms, 15s, 5m, 24h, 30d')),
      value => parseDuration(value) !== undefined,
    ),
    value => parseDuration(value) ?? 0,
  );

/** A whole number from `minimum` to `maximum`. */
export const integer = (options: SettingOptions & { readonly minimum: number; readonly maximum: number }) =>
  Type.Decode(
    Type.Refine(
      Type.String({
        pattern: '^\\d{1,15}$',
        ...annotations(options, `a whole number from ${options.minimum} to ${options.maximum}`),
      }),
      value => Number(value) >= options.minimum && Number(value) <= options.maximum,
    ),
    value => Number(value),
  );

/** An absolute URL, kept as text. */
export const url = (options: SettingOptions) =>
  Type.Refine(Type.String(annotations(options, 'an absolute URL, such as https://hub.example.org')), isUrl);

/** Texts divided by commas; spaces around them are dropped. */
export const textList = (options: SettingOptions) =>
  Type.Decode(Type.String(annotations(options, 'a list divided by commas')), value =>
    value
      .split(',')
      .map(part => part.trim())
      .filter(part => part !== ''),
  );

/** One of the given words. */
export const oneOf = <const Words extends readonly string[]>(words: Words, options: SettingOptions) =>
  Type.Unsafe<Words[number]>(Type.Enum([...words], annotations(options, `one of ${words.join(', ')}`)));

/** A setting that may be absent, without a default. */
export const optional = <T extends TSchema>(setting: T) => Type.Optional(setting);
