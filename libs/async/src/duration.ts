const form = /^([1-9]\d{0,8})(s|m|h|d)$/;
const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A duration as people write one, `90s`, `30m`, `8h` or `7d`, in seconds; undefined where it is none. */
export function parseDurationSeconds(text: string): number | undefined {
  const match = form.exec(text);
  return match === null ? undefined : Number(match[1]) * (seconds[match[2] ?? ''] ?? 1);
}
