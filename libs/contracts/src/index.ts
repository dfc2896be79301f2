export {
  type AgentManifestOptions,
  agentAccess,
  agentManifest,
  agentManifestYaml,
  agentNames,
  type ManifestObject,
} from './agent-manifest.ts';
export type { AuditRecord, EnrolReply, EnrolRequest, TunnelEventBody } from './events.ts';
export type { FromSchema } from './from-schema.ts';
export type { JoinFile } from './join-file.ts';
export { readJoinFile } from './join-file-reader.ts';
export { isLabel, isSubdomain, requireLabel } from './names.ts';
export {
  adminGroup,
  type Cluster,
  type Condition,
  type HubObject,
  type JoinToken,
  type ManagedFieldsEntry,
  type ObjectMeta,
  type OwnerReference,
  originalUserExtra,
  type Password,
  resources,
  type Token,
  type User,
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
export { serviceOfCertificate, serviceUri } from './service-identity.ts';
export { objects, principalOf, principalToken, streams, subjects, type TunnelEvent } from './subjects.ts';
export { version } from './version.ts';
