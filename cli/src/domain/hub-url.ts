import { usageError } from '../failure.ts';

/**
 * A hub's URL in its one form, `https://host[:port]`; a bare `host` means https. Nothing is ever sent in plain text.
 *
 * @throws DroverError a usage error
 */
export function hubUrl(text: string): string {
  const given = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(given))
    throw usageError(`${JSON.stringify(text)} is no URL of a hub, such as https://hub.example.com`);
  const url = new URL(given);
  if (url.protocol !== 'https:') throw usageError(`the hub’s URL must begin with https://, not with ${url.protocol}//`);
  if (url.username !== '' || url.password !== '') {
    throw usageError('the hub’s URL must hold no user or password; use --user and --password-file');
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw usageError(`the hub’s URL must end after host and port, as in ${url.origin}`);
  }
  return url.origin;
}

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Whether two URLs in the form of {@link hubUrl} are the same hub; every name of this machine's loopback is one. */
export function sameHub(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [new URL(one), new URL(other)];
  return a.port === b.port && loopback.has(a.hostname) && loopback.has(b.hostname);
}
