const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** A setting that is a duration: its name, its default, and what it may be at least and at most, in milliseconds. */
export interface DurationSetting {
  readonly setting: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

/** Durations that the hub reads from its settings. */
export const durationSettings = Object.freeze({
  /** Until an access credential has to be renewed; so long a provider's groups may lag behind. */
  accessCredential: { setting: 'access-credential-lifetime', default: 10 * minute, min: minute, max: hour },
  /** From signing in to signing in again; a working day (NIST SP 800-63B, 4.2.3). */
  session: { setting: 'session-lifetime', default: 12 * hour, min: minute, max: 31 * day },
  /** Without a renewal or a page; a long lunch and a meeting after it. */
  sessionIdle: { setting: 'session-idle', default: 4 * hour, min: minute, max: 31 * day },
  /** How often a provider is asked anew about who is signed in. */
  groupRefresh: { setting: 'group-refresh', default: 15 * minute, min: minute, max: day },
} satisfies Readonly<Record<string, DurationSetting>>);
