import type { KindDeclaration } from '../kind.ts';
import { authProviderKind } from './auth-provider.ts';
import { clusterKind } from './cluster.ts';
import { clusterRoleTemplateBindingKind } from './cluster-role-template-binding.ts';
import { endedSessionKind } from './ended-session.ts';
import { eventKind } from './event.ts';
import { globalRoleKind } from './global-role.ts';
import { globalRoleBindingKind } from './global-role-binding.ts';
import { identityKind } from './identity.ts';
import { joinTokenKind } from './join-token.ts';
import { passwordKind } from './password.ts';
import { projectKind } from './project.ts';
import { projectRoleTemplateBindingKind } from './project-role-template-binding.ts';
import { roleTemplateKind } from './role-template.ts';
import { settingKind } from './setting.ts';
import { tokenKind } from './token.ts';
import { userKind } from './user.ts';

export { type AuthProvider, authProviderKind } from './auth-provider.ts';
export { type Cluster, clusterKind } from './cluster.ts';
export {
  type ClusterRoleTemplateBinding,
  clusterRoleTemplateBindingKind,
} from './cluster-role-template-binding.ts';
export { type Condition, condition, conditions } from './condition.ts';
export { type EndedSession, endedSessionKind } from './ended-session.ts';
export { type Event, eventKind } from './event.ts';
export type { GithubProviderSpec } from './github-provider.ts';
export { type GlobalRole, globalRoleKind } from './global-role.ts';
export { type GlobalRoleBinding, globalRoleBindingKind } from './global-role-binding.ts';
export { type Identity, identityKind } from './identity.ts';
export { type JoinToken, joinTokenKind } from './join-token.ts';
export type { LdapProviderSpec } from './ldap-provider.ts';
export type { OidcProviderSpec } from './oidc-provider.ts';
export { type Password, passwordKind } from './password.ts';
export type { RoleRule } from './policy-rules.ts';
export { type Project, projectKind } from './project.ts';
export {
  type ProjectRoleTemplateBinding,
  projectRoleTemplateBindingKind,
} from './project-role-template-binding.ts';
export { type RoleTemplate, roleTemplateKind } from './role-template.ts';
export { type Setting, settingKind } from './setting.ts';
export { type Token, tokenKind } from './token.ts';
export { type User, userKind } from './user.ts';
export type { WorkloadProviderSpec } from './workload-provider.ts';

/** Every kind of the hub, in the order of docs/reference.md. */
export const kinds: readonly KindDeclaration[] = [
  clusterKind,
  userKind,
  tokenKind,
  joinTokenKind,
  passwordKind,
  globalRoleKind,
  globalRoleBindingKind,
  roleTemplateKind,
  clusterRoleTemplateBindingKind,
  projectKind,
  projectRoleTemplateBindingKind,
  authProviderKind,
  identityKind,
  endedSessionKind,
  settingKind,
  eventKind,
];
