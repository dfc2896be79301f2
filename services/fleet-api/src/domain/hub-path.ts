/** A longer one is of no page of the hub: an authorization request has some 500 characters. */
const maxLength = 4096;

/**
 * Where a browser may go on after it has signed in: `wish` where it is a path of the hub, otherwise `fallback`. What is no
 * plain path might be another site to a browser: `//host`, `/\\host`, tabs and line breaks that browsers drop.
 */
export function hubPath(wish: unknown, fallback: string): string {
  if (typeof wish !== 'string' || wish.length > maxLength || !/^\/(?![/\\])[!-[\]-~]*$/.test(wish)) return fallback;
  const base = 'https://hub.invalid';
  const url = URL.canParse(wish, base) ? new URL(wish, base) : undefined;
  if (url?.origin !== base || url.pathname.startsWith('//')) return fallback;
  return `${url.pathname}${url.search}`;
}
