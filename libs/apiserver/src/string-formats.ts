import { isIPv4, isIPv6 } from 'node:net';
import type { StringFormat } from '@drover/contracts';

/** RFC 3339, as metav1.Time is written. */
export const isDateTime = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));

const checks: Readonly<Record<StringFormat, (text: string) => boolean>> = {
  'date-time': isDateTime,
  date: text => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
  // What Go's time.ParseDuration takes.
  duration: text => /^[-+]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/.test(text),
  uuid: text => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  byte: text => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text),
  ipv4: isIPv4,
  ipv6: isIPv6,
  // As Go's url.ParseRequestURI: a scheme, or a path from the root.
  uri: text => text.startsWith('/') || URL.canParse(text),
  password: () => true,
};

/** Whether `text` has the format. */
export const hasFormat = (format: StringFormat, text: string): boolean => checks[format](text);
