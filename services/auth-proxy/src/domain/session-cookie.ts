import { sessionCookieName } from '@drover/contracts';

const prefix = `${sessionCookieName}=`;

/** The browser's session among its cookies. RFC 6265 §4.2.1: pairs with `; ` between them. */
export function sessionIn(cookie: string | undefined): string | undefined {
  if (cookie === undefined || !cookie.includes(prefix)) return undefined;
  const pair = cookie.split(';').find(one => one.trimStart().startsWith(prefix));
  return pair?.trim().slice(prefix.length);
}
