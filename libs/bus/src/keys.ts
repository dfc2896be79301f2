import { DroverError } from '@drover/errors';

/** What the server takes as one token of a key. The client checks the characters only, and lets `a..b` through. */
const keyToken = /^[-/_=a-zA-Z0-9]+$/;
/** A NATS subject may be longer, but nothing that we name is. */
const maxKeyLength = 512;

const isKey = (key: string): boolean =>
  key.length <= maxKeyLength && key.split('.').every(token => keyToken.test(token));

/** `key`, or an `invalid` error: a key is tokens of `[-/_=a-zA-Z0-9]` divided by single dots, without wildcards. */
export function requireKey(key: string): string {
  if (isKey(key)) return key;
  throw new DroverError('invalid', `${JSON.stringify(key)} is not a key of the store`);
}

/** `pattern`, or an `invalid` error: a key in which a token may be `*`, and the last one `>`. */
export function requirePattern(pattern: string): string {
  const tokens = pattern.split('.');
  const last = tokens.length - 1;
  if (tokens.every((token, index) => token === '*' || (token === '>' && index === last) || keyToken.test(token))) {
    return pattern;
  }
  throw new DroverError('invalid', `${JSON.stringify(pattern)} is not a pattern of keys`);
}
