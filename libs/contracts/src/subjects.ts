import { DroverError } from '@drover/errors';
import { isLabel, requireLabel } from './names.ts';

const token = /^[A-Za-z0-9_-]+$/;

function part(value: string, what: string): string {
  if (token.test(value)) return value;
  throw new DroverError('invalid', `${what} ${JSON.stringify(value)} cannot be a part of a NATS subject`);
}

/** A user's name as one token of a NATS subject: base64url, since names hold `@`, `.` and `:`. */
export const principalToken = (user: string): string => Buffer.from(user, 'utf8').toString('base64url') || '_';

/** The inverse of {@link principalToken}. */
export const principalOf = (value: string): string =>
  value === '_' ? '' : Buffer.from(value, 'base64url').toString('utf8');

/** What happened to a tunnel. */
export type TunnelEvent = 'opened' | 'closed';

/** Builders of every NATS subject; each part is validated, so that no name can widen a subject. */
export const subjects = Object.freeze({
  /** `drover.v1.evt.cluster.<cluster>.<thing>.<past tense>` */
  clusterEvent: (cluster: string, thing: string, happened: string): string =>
    `drover.v1.evt.cluster.${requireLabel(cluster, 'cluster')}.${part(thing, 'thing')}.${part(happened, 'event')}`,
  /** `drover.v1.audit.<cluster>.<principal>`; `_hub` stands for the hub's own API. */
  audit: (cluster: string, user: string): string =>
    `drover.v1.audit.${cluster === '_hub' ? cluster : requireLabel(cluster, 'cluster')}.${principalToken(user)}`,
  /** `drover.v1.rpc.<service>.<method>` */
  rpc: (service: string, method: string): string =>
    `drover.v1.rpc.${part(service, 'service')}.${part(method, 'method')}`,
  /** Every tunnel event of every cluster. */
  allTunnelEvents: 'drover.v1.evt.cluster.*.tunnel.*',
});

/** The JetStream streams of the hub. Only the set-up may create, change or delete them. */
export const streams = Object.freeze({
  events: { name: 'DROVER_EVT', subjects: ['drover.v1.evt.>'] },
  audit: { name: 'DROVER_AUDIT', subjects: ['drover.v1.audit.>'] },
});

/** The KV bucket of every hub object, and the builder of its keys. */
export const objects = Object.freeze({
  bucket: 'drover_objects',
  /** `<resource>.<namespace or _>.<name>`; a name's own dots are kept (they are legal in a KV key). */
  key: (resource: string, namespace: string | undefined, name: string): string => {
    if (!/^[a-z0-9-]+$/.test(resource)) throw new DroverError('invalid', `resource ${JSON.stringify(resource)}`);
    if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name) || name.includes('..') || name.length > 253) {
      throw new DroverError('invalid', `name ${JSON.stringify(name)} is not a DNS-1123 subdomain`);
    }
    return `${resource}.${namespace === undefined ? '_' : requireLabel(namespace, 'namespace')}.${name}`;
  },
  /**
   * What the keys of a resource, or of those of it in one namespace, begin with. For a name that no namespace can have it is
   * the beginning of no key: `a.b` would be that of objects called `b.…` in `a`.
   */
  prefix: (resource: string, namespace?: string): string =>
    namespace === undefined ? `${resource}.` : `${resource}.${isLabel(namespace) ? namespace : '!'}.`,
  /** The key pattern of a whole resource. */
  all: (resource: string): string => `${resource}.>`,
});
