const minute = 60_000;
const hour = 60 * minute;

/** How long sessions last: the setting of each, its default, and what it may be at most and at least. */
export const sessionLimits = Object.freeze({
  /** Until an access credential has to be renewed; so long a provider's groups may lag behind. */
  access: { setting: 'access-credential-lifetime', default: 10 * minute, min: minute, max: hour },
  /** From signing in to signing in again; a working day (NIST SP 800-63B, 4.2.3). */
  absolute: { setting: 'session-lifetime', default: 12 * hour, min: minute, max: 31 * 24 * hour },
  /** Without a renewal or a page; a long lunch and a meeting after it. */
  idle: { setting: 'session-idle', default: 4 * hour, min: minute, max: 31 * 24 * hour },
  /** Sessions of one user at once; a script that signs in again and again ends here, and not in a full store. */
  maxPerUser: 500,
  /** What is kept of the text by which a browser tells what it is. */
  maxUserAgentLength: 256,
});
