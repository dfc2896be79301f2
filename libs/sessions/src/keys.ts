import { createHash } from 'node:crypto';
import { DroverError } from '@drover/errors';

const token = /^[A-Za-z0-9._-]{1,253}$/;

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Builders of every Redis key; each part is validated, so that no name can reach another key. */
export const keys = Object.freeze({
  /** String, expiring: a login session's record. */
  login: (id: string): string => {
    if (token.test(id)) return `drover:login:${id}`;
    throw new DroverError('invalid', `${JSON.stringify(id)} is not a session’s id`);
  },
  /** Sorted set: every login session's id, by when it was last seen (ms since 1970). */
  loginsSeen: 'drover:logins',
  /** Sorted set, expiring: the ids of a user's login sessions, by when they end (ms since 1970). */
  loginsOf: (user: string): string => `drover:logins:${Buffer.from(user, 'utf8').toString('base64url')}`,
  /** String, expiring: what is kept under a secret that is good once. The secret itself is in no key. */
  once: (kind: string, secret: string): string => {
    if (token.test(kind)) return `drover:once:${kind}:${hashOf(secret)}`;
    throw new DroverError('invalid', `${JSON.stringify(kind)} is no kind of secret`);
  },
  /** String, expiring: how many attempts failed. Names that people type are in no key: one may be a password. */
  attempts: (kind: string, of: readonly string[]): string => `drover:attempts:${kind}:${hashOf(JSON.stringify(of))}`,
  /** Sorted set, expiring: addresses from which an account was signed in to, by when (ms since 1970). */
  addressesOf: (account: readonly string[]): string => `drover:addresses:${hashOf(JSON.stringify(account))}`,
  /** An address as a member of {@link addressesOf}. */
  addressToken: (address: string): string => hashOf(address),
  /** Sorted set: every gateway's id, by when it last spoke (ms since 1970). */
  gateways: 'drover:gateways',
  /** Hash, expiring: a gateway's sessions by id, and itself in the field {@link gatewayField}. */
  gateway: (id: string): string => {
    if (token.test(id)) return `drover:gateway:${id}`;
    throw new DroverError('invalid', `${JSON.stringify(id)} is not a gateway’s id`);
  },
});

/** No session has this id: it is no UUID. */
export const gatewayField = '@';
