import type { FromSchema } from '../from-schema.ts';
import type { Schema } from '../schema.ts';
import { providerCa, providerUrl } from './provider-fields.ts';

/** A credential for a job is short: a job that runs for longer exchanges its JWT again. */
const maxWorkloadTtlSeconds = 3600;

const rule = {
  type: 'object',
  required: ['claims', 'user'],
  properties: {
    claims: {
      type: 'object',
      minProperties: 1,
      maxProperties: 32,
      additionalProperties: { type: 'string', minLength: 1, maxLength: 1024 },
      description:
        'Claims that must all match, such as `repository: acme/shop`; a dot leads into an object. `*` stands for anything but `/` and `:`, `**` for anything.',
    },
    user: {
      type: 'string',
      minLength: 1,
      maxLength: 253,
      description: 'The User whose credential it becomes. Who writes the rule must have the rights of that user.',
    },
    clusters: {
      type: 'array',
      maxItems: 512,
      items: { type: 'string', maxLength: 253 },
      'x-kubernetes-list-type': 'set',
      description: 'The clusters that the credential is good for; absent: all, and the hub.',
    },
    ttlSeconds: {
      type: 'integer',
      minimum: 60,
      maximum: maxWorkloadTtlSeconds,
      default: 600,
      description: 'How long the credential is good for.',
    },
  },
} as const satisfies Schema;

/** `spec.workload` of an AuthProvider. */
export const workloadProviderSchema = {
  type: 'object',
  description:
    'An issuer whose JWTs programs exchange for a short credential (RFC 8693), of a provider of the type workload: GitHub Actions, a Kubernetes cluster, or another issuer.',
  required: ['issuer', 'audience', 'rules'],
  properties: {
    issuer: providerUrl('The claim `iss`, exactly. It cannot be changed.'),
    audience: {
      type: 'string',
      minLength: 1,
      maxLength: 1024,
      description: 'The claim `aud`: this, and no other beside it.',
    },
    jwksUri: providerUrl('Where its keys are; absent: where its discovery document says.'),
    jwks: {
      type: 'string',
      maxLength: 65_536,
      description: 'Its keys themselves, as JSON (RFC 7517), of an issuer that the hub cannot reach.',
    },
    ca: providerCa,
    rules: {
      type: 'array',
      minItems: 1,
      maxItems: 512,
      items: rule,
      'x-kubernetes-list-type': 'atomic',
      description: 'Who becomes whom; the first rule that matches counts.',
    },
  },
} as const satisfies Schema;

/** `spec.workload` of an AuthProvider. */
export type WorkloadProviderSpec = FromSchema<typeof workloadProviderSchema>;
