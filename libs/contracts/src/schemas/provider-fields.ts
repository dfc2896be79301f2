import type { Schema } from '../schema.ts';

/** What the blocks of several types of AuthProvider say alike. */

/** An https URL; http is for loopback alone, as tests and local proxies need it. A finer check is made at admission. */
export const providerUrl = (description: string) =>
  ({
    type: 'string',
    maxLength: 2048,
    pattern: '^https?://[^/?#@\\s]+(/[^?#\\s]*)?$',
    description,
  }) as const satisfies Schema;

export const providerCa = {
  type: 'string',
  maxLength: 65_536,
  description: 'The CA of the server’s certificate, PEM; absent: those that the system trusts.',
} as const satisfies Schema;

export const clientId = {
  type: 'string',
  minLength: 1,
  maxLength: 1024,
  description: 'What the hub is called at the provider.',
} as const satisfies Schema;

export const clientSecret = {
  type: 'string',
  format: 'password',
  maxLength: 4096,
  description: 'Its secret. It can be written, and is never shown.',
} as const satisfies Schema;
