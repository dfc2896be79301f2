import type { FromSchema } from '../from-schema.ts';
import type { Schema } from '../schema.ts';
import { clientId, clientSecret, providerCa, providerUrl } from './provider-fields.ts';

/** `spec.github` of an AuthProvider. */
export const githubProviderSchema = {
  type: 'object',
  description:
    'An OAuth app of GitHub or GitHub Enterprise, of a provider of the type github. Groups are organisations, `acme`, and teams, `acme/platform`.',
  required: ['clientId'],
  properties: {
    url: {
      ...providerUrl('GitHub, or the GitHub Enterprise server. It cannot be changed: ids are unique at one server.'),
      default: 'https://github.com',
    },
    apiUrl: providerUrl(
      'Its REST API; absent: https://api.github.com of https://github.com, https://api.NAME.ghe.com of https://NAME.ghe.com, else `<url>/api/v3`. It cannot be changed.',
    ),
    clientId,
    clientSecret,
    ca: providerCa,
  },
} as const satisfies Schema;

/** `spec.github` of an AuthProvider. */
export type GithubProviderSpec = FromSchema<typeof githubProviderSchema>;
