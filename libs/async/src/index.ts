export { AttemptLimiter, type AttemptLimits } from './attempt-limiter.ts';
export { Backoff, type BackoffOptions } from './backoff.ts';
export { type Cancel, type Clock, every, systemClock } from './clock.ts';
export { parseDurationSeconds } from './duration.ts';
export { ManualClock } from './manual-clock.ts';
export { pause } from './pause.ts';
