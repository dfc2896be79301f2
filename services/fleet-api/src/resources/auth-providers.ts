import { allVerbs, type FieldError, fieldErrors, type ResourceType } from '@drover/apiserver';
import { type AuthProvider, authProviderKind, isLabel } from '@drover/contracts';
import { checkProviderBlock } from './auth-provider-checks.ts';
import { checkUnchanged } from './binding-checks.ts';

/** `kubectl get authproviders` */
export const authProviders: ResourceType<AuthProvider> = {
  ...authProviderKind,
  verbs: allVerbs,
  columns: [
    {
      name: 'Type',
      type: 'string',
      description: 'What it speaks.',
      jsonPath: '.spec.type',
      cell: provider => provider.spec.type,
    },
    {
      name: 'Enabled',
      type: 'boolean',
      description: 'Whether anybody may sign in by it.',
      jsonPath: '.spec.enabled',
      cell: provider => provider.spec.enabled ?? false,
    },
  ],
  validate: (provider, old) => [
    ...checkName(provider),
    ...checkUnchanged(provider, old, ['type']),
    ...checkProviderBlock(provider, old),
  ],
};

/** It stands before the groups of the provider, in paths and in the names of users. `system:` is Kubernetes' own (T4). */
function checkName({ metadata: { name } }: AuthProvider): FieldError[] {
  if (!isLabel(name)) return [fieldErrors.invalid('metadata.name', name, 'must be a DNS-1123 label')];
  return name === 'system' ? [fieldErrors.invalid('metadata.name', name, 'belongs to Kubernetes')] : [];
}
