import { allVerbs, type ResourceType } from '@drover/apiserver';
import { type AuthProvider, authProviderKind } from '@drover/contracts';
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
      description: 'Whether anybody may log in by it.',
      jsonPath: '.spec.enabled',
      cell: provider => provider.spec.enabled ?? false,
    },
  ],
  validate: (provider, old) => checkUnchanged(provider, old, ['type']),
};
