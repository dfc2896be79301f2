import { objects, resources, streams, subjects } from '@drover/contracts';
import type { HubService } from './pki.ts';

/** Who connects to NATS: each service, and the set-up, which alone may make, change and delete streams. */
export type NatsUser = HubService | 'setup';

/** Who connects to the NATS of a hub on this machine besides: `drover backup`, which reads every object and writes nothing. */
export type LocalNatsUser = NatsUser | 'backup';

/** The subjects that a NATS user may publish and subscribe to. What is not listed is refused (T6). */
export interface NatsPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Whether it may answer requests that reach it. */
  readonly responds: boolean;
}

const bucketStream = `KV_${objects.bucket}`;
const keysOf = (resource: string): string => `$KV.${objects.bucket}.${objects.all(resource)}`;

/**
 * Reading keys of the bucket: making a consumer whose filter stands in the API subject, where the server holds the two
 * together. The reader of one resource cannot make a consumer of another. Deleting a consumer is not needed (the server
 * drops those that nobody listens to), and a wildcard for it would reach the consumers of others.
 *
 * What is left: whoever may make a push consumer chooses the subject on which the server delivers. The server refuses
 * one of the same stream, so the bucket cannot be written in this way; objects that the reader may read anyway can be
 * copied to other subjects. No service may make consumers of streams whose messages it can choose, since those could
 * be delivered into the bucket.
 */
const reads = (...filters: readonly string[]): string[] => [
  ...filters.map(filter => `$JS.API.CONSUMER.CREATE.${bucketStream}.*.${filter}`),
  `$JS.FC.${bucketStream}.>`,
];

const permissions: Readonly<Record<LocalNatsUser, NatsPermissions>> = {
  'fleet-api': {
    publish: [
      `$KV.${objects.bucket}.>`,
      `$JS.API.STREAM.MSG.GET.${bucketStream}`,
      ...reads(`$KV.${objects.bucket}.>`),
      'drover.v1.evt.>',
    ],
    subscribe: ['drover.v1.rpc.fleet-api.>', '$SRV.>', 'drover.v1.evt.>'],
    responds: true,
  },
  'tunnel-gateway': {
    publish: [...reads(keysOf(resources.clusters)), subjects.allTunnelEvents, subjects.rpc('fleet-api', 'enrol')],
    subscribe: [subjects.allTunnelEvents],
    responds: false,
  },
  'auth-proxy': {
    publish: [
      ...reads(
        keysOf(resources.clusters),
        keysOf(resources.users),
        keysOf(resources.tokens),
        keysOf(resources.authProviders),
        keysOf(resources.endedSessions),
        keysOf(resources.settings),
        keysOf(resources.globalRoleBindings),
        keysOf(resources.clusterRoleTemplateBindings),
        keysOf(resources.projectRoleTemplateBindings),
      ),
      ...streams.audit.subjects,
      subjects.rpc('fleet-api', 'token-uses'),
    ],
    subscribe: [subjects.allTunnelEvents],
    responds: false,
  },
  setup: {
    publish: ['$JS.API.>', `$JS.FC.${bucketStream}.>`],
    subscribe: [],
    responds: false,
  },
  backup: {
    publish: [`$JS.API.STREAM.MSG.GET.${bucketStream}`, ...reads(`$KV.${objects.bucket}.>`)],
    subscribe: [],
    responds: false,
  },
};

/** What the given user may do; replies come to its own inbox, which no other user can read. */
export function permissionsOf(user: LocalNatsUser): NatsPermissions {
  const { publish, subscribe, responds } = permissions[user];
  return { publish, subscribe: [`_INBOX.${user}.>`, ...subscribe], responds };
}

export const natsUsers: readonly NatsUser[] = ['fleet-api', 'tunnel-gateway', 'auth-proxy', 'setup'];
export const localNatsUsers: readonly LocalNatsUser[] = [...natsUsers, 'backup'];
