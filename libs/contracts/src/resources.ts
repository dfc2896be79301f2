/** `meta/v1.ObjectMeta`, as far as the hub keeps it. */
export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

/** `meta/v1.OwnerReference`: the object goes when its last owner has gone. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  /** A foreground deletion of the owner waits for this object. */
  blockOwnerDeletion?: boolean;
}

/** `meta/v1.ManagedFieldsEntry`: which fields one manager set. */
export interface ManagedFieldsEntry {
  manager?: string;
  operation?: 'Apply' | 'Update';
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: Record<string, unknown>;
  subresource?: string;
}

/** A `metav1.Condition`. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastTransitionTime: string;
}

/** An object of the group `drover.dev/v1`. */
export interface HubObject<Kind extends string = string> {
  apiVersion: 'drover.dev/v1';
  kind: Kind;
  metadata: ObjectMeta;
}

/** A downstream Kubernetes cluster. Its uid is the audience of identity assertions; its name may be used again. */
export interface Cluster extends HubObject<'Cluster'> {
  spec: { displayName?: string };
  status?: {
    connected?: boolean;
    agentVersion?: string;
    kubernetesVersion?: string;
    /** RFC 3339; the last time that a gateway heard of an agent of this cluster. */
    lastSeen?: string;
    /** The agents' public keys (Ed25519, raw, base64url) that may connect. */
    agentKeys?: string[];
    /** Keys that showed a valid join token after the first was registered; `drover cluster approve-agent` accepts them. */
    pendingAgentKeys?: string[];
    conditions?: Condition[];
  };
}

/** A person or a program that the hub knows. */
export interface User extends HubObject<'User'> {
  spec: {
    displayName?: string;
    /** Group names without prefix; `admins` are the hub's global administrators. */
    groups?: string[];
    disabled?: boolean;
  };
}

/** A bearer token `drv_<metadata.name>_<secret>`; the hub keeps only the SHA-256 of the whole token, hex, in `hash`. */
export interface Token extends HubObject<'Token'> {
  spec: {
    user: string;
    description?: string;
    /** RFC 3339; absent: does not expire. */
    expiresAt?: string;
    /** Names of the clusters that it is good for; absent: all, and the hub's own API. */
    clusters?: string[];
  };
  /** Never served by the API. */
  hash: string;
}

/** A join token `drj_<metadata.name>_<secret>` of one cluster; kept like a {@link Token}. */
export interface JoinToken extends HubObject<'JoinToken'> {
  spec: { cluster: string; clusterUid: string; expiresAt: string };
  hash: string;
}

/** A local user's password, kept apart from the user so that only fleet-api may read it. Not served by the API. */
export interface Password extends HubObject<'Password'> {
  /** PHC string: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. */
  hash: string;
}

/** The plural, lower-case resource names under which objects are stored and served. */
export const resources = Object.freeze({
  clusters: 'clusters',
  users: 'users',
  tokens: 'tokens',
  joinTokens: 'jointokens',
  passwords: 'passwords',
});

/** The group of global administrators, without prefix. */
export const adminGroup = 'admins';
/** The extra that names who really asked, when a request is impersonated. */
export const originalUserExtra = 'drover.dev/original-user';
