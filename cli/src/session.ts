import { DroverError } from '@drover/errors';
import type { KnownHub, Session, StoredConfig } from './domain/stored-config.ts';

/** The hub that a command is about: the one asked for, else the one of the last login. */
export function chosenHub(config: StoredConfig, asked: string | undefined): string {
  const url = asked ?? config.currentHub;
  if (url === undefined)
    throw new DroverError('unauthenticated', 'no hub is known yet; run `drover login https://HUB`');
  return url;
}

/**
 * A hub with a session that is good now.
 *
 * @throws DroverError `unauthenticated` where there is none, `session-ended` where it has ended
 */
export function liveSession(config: StoredConfig, url: string, nowMs: number): KnownHub & { session: Session } {
  const hub = config.hubs[url];
  if (hub?.session === undefined) {
    throw new DroverError('unauthenticated', `you are not signed in to ${url}; run \`drover login ${url}\``);
  }
  const { session } = hub;
  if (!(nowMs < Date.parse(session.endsAt))) {
    throw new DroverError(
      'session-ended',
      `your session at ${url} ended at ${session.endsAt}; run \`drover login ${url}\``,
    );
  }
  return { ...hub, session };
}
