import type { AuthProvider } from '@drover/contracts';
import type { SecretRing } from '@drover/identity';

/** The secrets of each type's block, and what they are sent to: whoever changes that must know them. */
export const providerSecrets = {
  ldap: { fields: ['bindPassword'], sentTo: ['servers', 'ca', 'bindDn'] },
  oidc: { fields: ['clientSecret'], sentTo: ['issuer', 'ca'] },
  github: { fields: ['clientSecret'], sentTo: ['url', 'apiUrl', 'ca'] },
} as const;

/** A type whose block has secrets. */
export type SecretHolder = keyof typeof providerSecrets;

export const isSecretHolder = (type: string): type is SecretHolder => Object.hasOwn(providerSecrets, type);

/** The sealed secrets of a provider, by their fields. */
export function sealedSecrets(provider: AuthProvider): Readonly<Record<string, string>> {
  const kept: unknown = JSON.parse(provider.secrets ?? '{}');
  const entries = Object.entries(Object(kept)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}

/** What one secret of a provider is sealed for. */
const contextOf = (provider: AuthProvider, field: string): string => `provider ${provider.metadata.name} ${field}`;

/** A secret as the provider's object keeps it. */
export const sealSecret = (secrets: SecretRing, provider: AuthProvider, field: string, secret: string): string =>
  secrets.seal(secret, contextOf(provider, field));

/**
 * A secret of the provider's block, such as `bindPassword`; undefined: none was given.
 *
 * @throws DroverError `secret-unreadable` where the hub's keys do not open it
 */
export function providerSecret(secrets: SecretRing, provider: AuthProvider, field: string): string | undefined {
  const sealed = sealedSecrets(provider)[field];
  return sealed === undefined ? undefined : secrets.open(sealed, contextOf(provider, field));
}

/** The provider with every secret sealed by the first key of the ring; the very same where they are so already. */
export function resealed(secrets: SecretRing, provider: AuthProvider): AuthProvider {
  const kept = Object.entries(sealedSecrets(provider));
  if (kept.every(([, sealed]) => secrets.isCurrent(sealed))) return provider;
  const anew = kept.map(([field, sealed]) => [
    field,
    sealSecret(secrets, provider, field, secrets.open(sealed, contextOf(provider, field))),
  ]);
  return { ...provider, secrets: JSON.stringify(Object.fromEntries(anew)) };
}
