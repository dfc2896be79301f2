import { durationSettings } from '../domain/duration-settings.ts';

/** How long sessions last, and how many there may be. */
export const sessionLimits = Object.freeze({
  access: durationSettings.accessCredential,
  absolute: durationSettings.session,
  idle: durationSettings.sessionIdle,
  /** Sessions of one user at once; a script that signs in again and again ends here, and not in a full store. */
  maxPerUser: 500,
  /** What is kept of the text by which a browser tells what it is. */
  maxUserAgentLength: 256,
});
