import { usageError } from '../failure.ts';

const form = /^([1-9]\d{0,8})(s|m|h|d)$/;
const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A duration such as `90s`, `30m`, `8h` or `7d`, in seconds. */
export function durationSeconds(text: string): number {
  const match = form.exec(text);
  if (match === null) throw usageError(`${JSON.stringify(text)} is no duration; write 90s, 30m, 8h or 7d`);
  return Number(match[1]) * (seconds[match[2] ?? ''] ?? 1);
}

const steps: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
];

/** How long ago a time was, as kubectl says ages: `3d`, `5h`, `12m`, `40s`. */
export function agoOf(timestamp: string | undefined, nowMs: number): string {
  if (timestamp === undefined) return 'never';
  const ms = Math.max(0, nowMs - Date.parse(timestamp));
  if (Number.isNaN(ms)) return 'unknown';
  const [unit, size] = steps.find(([, step]) => ms >= step) ?? ['s', 1000];
  return `${Math.floor(ms / size)}${unit}`;
}
