import { type FieldError, fieldErrors, invalid } from '@drover/apiserver';
import type { AuthProvider } from '@drover/contracts';
import type { SecretRing } from '@drover/identity';
import { authProviders } from '../resources/auth-providers.ts';
import {
  isSecretHolder,
  providerSecret,
  providerSecrets,
  sealedSecrets,
  sealSecret,
} from '../sign-in/provider-secrets.ts';

/** In it kubectl keeps the whole manifest, so that what a manifest has to say once is said in it for ever (T19). */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * A provider as a client wants it: its secrets are taken out of what is stored in the open, and sealed. A secret that is
 * not given stays as it was; an empty one is removed. Throws `invalid`.
 */
export function admitProvider(
  secrets: SecretRing,
  provider: AuthProvider,
  old: AuthProvider | undefined,
): AuthProvider {
  const { type } = provider.spec;
  const { secrets: _, ...open } = provider;
  if (!isSecretHolder(type)) return open;
  const { fields, sentTo } = providerSecrets[type];
  const block: Record<string, unknown> = { ...blockOf(provider, type) };
  const kept: Record<string, string> = old === undefined ? {} : { ...sealedSecrets(old) };
  // Whoever may change where a secret is sent must not learn it by that.
  const moved = old !== undefined && sentTo.some(field => !sameValue(block[field], blockOf(old, type)[field]));
  const errors: FieldError[] = [];
  const given: string[] = [];
  for (const field of fields) {
    const secret = block[field];
    delete block[field];
    if (typeof secret !== 'string') {
      if (!moved || kept[field] === undefined) continue;
      const why = `give it again: it would be sent elsewhere (${sentTo.join(', ')})`;
      errors.push(fieldErrors.required(`spec.${type}.${field}`, why));
    } else if (secret === '') delete kept[field];
    else {
      given.push(secret);
      // The same again is no change: `kubectl apply` sends it each time.
      const known = kept[field] !== undefined && old !== undefined && isSecret(secrets, old, field, secret);
      if (!known) kept[field] = sealSecret(secrets, provider, field, secret);
    }
  }
  if (errors.length > 0) throw invalid(authProviders, provider.metadata.name, errors);
  const metadata = withoutSecrets(provider, type, fields, given);
  const spec = Reflect.get(provider.spec, type) === undefined ? provider.spec : { ...provider.spec, [type]: block };
  const sealed = Object.keys(kept).length === 0 ? {} : { secrets: JSON.stringify(kept) };
  return { ...open, metadata, spec, ...sealed };
}

/** The metadata, with no secret in any annotation. */
function withoutSecrets(
  { metadata }: AuthProvider,
  type: string,
  fields: readonly string[],
  given: readonly string[],
): AuthProvider['metadata'] {
  const { [lastApplied]: manifest, ...others } = metadata.annotations ?? {};
  if (manifest === undefined) return metadata;
  const cleaned = withoutFields(manifest, type, fields);
  // Without the annotation, kubectl's next apply removes nothing: the lesser evil.
  if (cleaned === undefined || given.some(secret => cleaned.includes(secret)))
    return { ...metadata, annotations: others };
  return { ...metadata, annotations: { ...others, [lastApplied]: cleaned } };
}

function withoutFields(manifest: string, type: string, fields: readonly string[]): string | undefined {
  try {
    const read: unknown = JSON.parse(manifest);
    const block: unknown = Object(Object(Object(read).spec))[type];
    if (typeof block === 'object' && block !== null) for (const field of fields) Reflect.deleteProperty(block, field);
    return `${JSON.stringify(read)}\n`;
  } catch {
    return undefined;
  }
}

const blockOf = (provider: AuthProvider, type: string): Record<string, unknown> =>
  Object(Reflect.get(provider.spec, type));

/** A secret that cannot be opened any more is another one. */
function isSecret(secrets: SecretRing, provider: AuthProvider, field: string, secret: string): boolean {
  try {
    return providerSecret(secrets, provider, field) === secret;
  } catch {
    return false;
  }
}

const sameValue = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
