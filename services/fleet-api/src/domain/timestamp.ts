/** A time as Kubernetes writes it: RFC 3339, whole seconds. */
export const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** Whether the time of an RFC 3339 timestamp has come; what cannot be read counts as past. */
export const isPast = (text: string, nowMs: number): boolean => !(nowMs < Date.parse(text));
