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

/** An object of the group `drover.dev/v1`. */
export interface HubObject<Kind extends string = string> {
  apiVersion: 'drover.dev/v1';
  kind: Kind;
  metadata: ObjectMeta;
}

/** The plural, lower-case resource names under which objects are stored and served. */
export const resources = Object.freeze({
  clusters: 'clusters',
  users: 'users',
  tokens: 'tokens',
  joinTokens: 'jointokens',
  passwords: 'passwords',
  authProviders: 'authproviders',
  endedSessions: 'endedsessions',
  settings: 'settings',
  globalRoleBindings: 'globalrolebindings',
  clusterRoleTemplateBindings: 'clusterroletemplatebindings',
  projectRoleTemplateBindings: 'projectroletemplatebindings',
});

/**
 * The Setting by which clusters are their members' alone: with the value `required`, only those whom a role is bound to in a
 * cluster, and administrators, reach it. Without it every active user does, and the cluster's own RBAC decides.
 */
export const membershipSetting = Object.freeze({ name: 'cluster-membership', required: 'required', open: 'open' });

/** The group of global administrators, without prefix. */
export const adminGroup = 'admins';
/** The extras that say by which credential the caller of the hub's own API asks: the token, or the session and its provider. */
export const tokenExtra = 'drover.dev/token';
export const sessionExtra = 'drover.dev/session';
export const providerExtra = 'drover.dev/provider';
/** The extra that names who really asked, when a request is impersonated. */
export const originalUserExtra = 'drover.dev/original-user';
