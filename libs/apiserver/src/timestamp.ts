/** A time as Kubernetes writes it: RFC 3339, UTC, whole seconds. */
export const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
