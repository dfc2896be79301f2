export {
  type AgentManifestOptions,
  agentAccess,
  agentManifest,
  agentManifestYaml,
  agentNames,
  type ManifestObject,
} from './agent-manifest.ts';
export { type AuditNote, auditNoteHeader, readAuditNote, writeAuditNote } from './audit-note.ts';
export type { AuditRecord, EnrolReply, EnrolRequest, TunnelEventBody } from './events.ts';
export { readTunnelEvent } from './events.ts';
export type { FromSchema } from './from-schema.ts';
export { groupsOf } from './groups-of.ts';
export { isRevoked } from './is-revoked.ts';
export type { JoinFile } from './join-file.ts';
export { readJoinFile } from './join-file-reader.ts';
export type { KindDeclaration, ObjectOf } from './kind.ts';
export { isLabel, isSubdomain, requireLabel } from './names.ts';
export {
  adminGroup,
  type HubObject,
  type ManagedFieldsEntry,
  membershipSetting,
  type ObjectMeta,
  type OwnerReference,
  originalUserExtra,
  providerExtra,
  resources,
  sessionExtra,
  tokenExtra,
} from './resources.ts';
export type {
  AnySchema,
  ArraySchema,
  BooleanSchema,
  IntegerSchema,
  IntOrStringSchema,
  NumberSchema,
  ObjectSchema,
  Schema,
  StringFormat,
  StringSchema,
} from './schema.ts';
export {
  type AuthProvider,
  authProviderKind,
  type Cluster,
  type ClusterRoleTemplateBinding,
  type Condition,
  clusterKind,
  clusterRoleTemplateBindingKind,
  condition,
  conditions,
  type EndedSession,
  type Event,
  endedSessionKind,
  eventKind,
  type GithubProviderSpec,
  type GlobalRole,
  type GlobalRoleBinding,
  globalRoleBindingKind,
  globalRoleKind,
  type Identity,
  identityKind,
  type JoinToken,
  joinTokenKind,
  kinds,
  type LdapProviderSpec,
  type OidcProviderSpec,
  type Password,
  type Project,
  type ProjectRoleTemplateBinding,
  passwordKind,
  projectKind,
  projectRoleTemplateBindingKind,
  type RoleRule,
  type RoleTemplate,
  roleTemplateKind,
  type Setting,
  settingKind,
  type Token,
  tokenKind,
  type User,
  userKind,
  type WorkloadProviderSpec,
} from './schemas/index.ts';
export { serviceOfCertificate, serviceUri } from './service-identity.ts';
export { sessionCookieName, sessionHeaders } from './session-headers.ts';
export { objects, principalOf, principalToken, streams, subjects, type TunnelEvent } from './subjects.ts';
export { version } from './version.ts';
