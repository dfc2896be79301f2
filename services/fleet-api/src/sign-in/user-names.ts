import { createHash } from 'node:crypto';

/** Room for what makes a name unique behind it. */
const maxLength = 180;

/** The name of a user who is called `username` elsewhere: a DNS-1123 subdomain. */
export function userNameOf(username: string): string {
  const mapped = username
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/-*\.[.-]*/g, '.')
    .slice(0, maxLength)
    .replace(/^[.-]+|[.-]+$/g, '');
  // Of a name in another script nothing is left.
  return mapped === '' ? `user-${createHash('sha256').update(username).digest('hex').slice(0, 10)}` : mapped;
}

/** Names to try, the best first. */
export function* userNames(username: string, provider: string): Generator<string> {
  const name = userNameOf(username);
  yield name;
  yield `${name}-${provider}`;
  for (let count = 2; count < 100; count++) yield `${name}-${provider}-${count}`;
}
