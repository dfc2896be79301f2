import { parseDurationSeconds } from '@drover/async';
import { usageError } from '../failure.ts';

/** A duration such as `90s`, `30m`, `8h` or `7d`, in seconds. */
export function durationSeconds(text: string): number {
  const seconds = parseDurationSeconds(text);
  if (seconds === undefined) throw usageError(`${JSON.stringify(text)} is no duration; write 90s, 30m, 8h or 7d`);
  return seconds;
}

/** A duration, or none: `0s`. */
export const graceSeconds = (text: string): number => (/^0[smhd]?$/.test(text) ? 0 : durationSeconds(text));

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
