import { parseDurationSeconds } from '@drover/async';
import { membershipSetting } from '@drover/contracts';
import { type DurationSetting, durationSettings } from './duration-settings.ts';
import { passwordLimits } from './password-policy.ts';

/** Settings that the hub itself reads, and what is wrong with a value (undefined: nothing). */
export const hubSettings = Object.freeze({
  [membershipSetting.name]: Object.freeze({
    fault: (value: string): string | undefined =>
      value === membershipSetting.open || value === membershipSetting.required
        ? undefined
        : `must be ${membershipSetting.open} or ${membershipSetting.required}`,
  }),
  'password-min-length': Object.freeze({
    fault: (value: string): string | undefined => {
      const { minLength, maxMinLength } = passwordLimits;
      const isCount = /^\d{1,3}$/.test(value) && Number(value) >= minLength && Number(value) <= maxMinLength;
      return isCount ? undefined : `must be a number from ${minLength} to ${maxMinLength}`;
    },
  }),
  'token-max-ttl': Object.freeze({
    /** Without it, a token lives a year at most. */
    defaultSeconds: 366 * 86_400,
    fault: (value: string): string | undefined => {
      const seconds = parseDurationSeconds(value);
      // Less than a minute is no lifetime that anything could be done in.
      return seconds === undefined || seconds < 60 || seconds > 10 * 366 * 86_400
        ? 'must be a duration from 1m to 3660d, such as 8h or 90d'
        : undefined;
    },
  }),
});

const durations: ReadonlyMap<string, DurationSetting> = new Map(
  Object.values(durationSettings).map(one => [one.setting, one]),
);

function durationFault({ min, max }: DurationSetting, value: string): string | undefined {
  const ms = (parseDurationSeconds(value) ?? Number.NaN) * 1000;
  if (ms >= min && ms <= max) return undefined;
  return `must be a duration from ${min / 60_000}m to ${max / 3_600_000}h, such as 30m or 1h`;
}

/** What is wrong with the value of a setting; one that the hub does not know may hold anything. */
export function settingFault(name: string, value: string): string | undefined {
  const duration = durations.get(name);
  if (duration !== undefined) return durationFault(duration, value);
  return name in hubSettings ? hubSettings[name as keyof typeof hubSettings].fault(value) : undefined;
}

/** The longest life of a token, in seconds, by the value of its setting (undefined: it is not set). */
export function tokenMaxTtlSeconds(value: string | undefined): number {
  const { defaultSeconds, fault } = hubSettings['token-max-ttl'];
  if (value === undefined || fault(value) !== undefined) return defaultSeconds;
  return parseDurationSeconds(value) ?? defaultSeconds;
}

/** How long a password must be, by the value of its setting (undefined: it is not set). */
export function passwordMinLength(value: string | undefined): number {
  if (value === undefined || hubSettings['password-min-length'].fault(value) !== undefined)
    return passwordLimits.minLength;
  return Number(value);
}
