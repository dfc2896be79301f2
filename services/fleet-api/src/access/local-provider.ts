import { fieldErrors, invalid, type Registry } from '@drover/apiserver';
import type { AuthProvider } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { authProviders, newObject } from '../resources/index.ts';

/** The provider of the users that the hub keeps itself: the one of its type. */
export const localProviderName = 'local';

/** Types by which people sign in to the hub; workloads bring tokens of others, and administer nothing. */
const personal: ReadonlySet<string> = new Set(['local', 'oidc', 'github', 'ldap']);

/** Makes the local provider where there is none: its object is what it is switched off by. */
export async function ensureLocalProvider(registry: Registry): Promise<void> {
  if (registry.find(authProviders, localProviderName) !== undefined) return;
  const spec = { type: 'local', enabled: true, displayName: 'Drover account', access: { mode: 'anyone' } } as const;
  try {
    await registry.create(authProviders, { ...newObject('AuthProvider', localProviderName), spec });
  } catch (error) {
    // Another replica was quicker.
    if (DroverError.from(error).code !== 'already-exists') throw error;
  }
}

/** The local provider has one name, and the last provider by which people sign in is not switched off. Throws `invalid`. */
export function checkLocalProvider(registry: Registry, provider: AuthProvider): void {
  const { name } = provider.metadata;
  const { type, enabled } = provider.spec;
  if ((type === 'local') !== (name === localProviderName)) {
    const why = `the provider ${localProviderName}, and no other, is of the type local`;
    throw invalid(authProviders, name, [fieldErrors.invalid('spec.type', type, why)]);
  }
  if (personal.has(type) && enabled !== true) requireAnother(registry, name);
}

/** Throws `invalid` for the local provider, and for the last one by which people sign in. */
export async function requireDeletable(registry: Registry, { metadata, spec }: AuthProvider): Promise<void> {
  const { name } = metadata;
  if (name === localProviderName) {
    const why = 'it is built in: set spec.enabled to false instead';
    throw invalid(authProviders, name, [fieldErrors.forbidden('metadata.name', why)]);
  }
  if (personal.has(spec.type)) requireAnother(registry, name);
}

function requireAnother(registry: Registry, name: string): void {
  const isLeft = ({ metadata, spec }: AuthProvider): boolean =>
    metadata.name !== name && spec.enabled === true && personal.has(spec.type);
  const all = registry.list(authProviders);
  // Before the local provider's object is made, it counts as enabled.
  if (
    all.some(isLeft) ||
    (name !== localProviderName && !all.some(({ metadata }) => metadata.name === localProviderName))
  )
    return;
  const known = registry.find(authProviders, name);
  // What is off already, or is made as it, takes nothing away.
  if (known === undefined || known.spec.enabled !== true) return;
  const why = 'nobody could sign in any more: enable another provider first';
  throw invalid(authProviders, name, [fieldErrors.forbidden('spec.enabled', why)]);
}
