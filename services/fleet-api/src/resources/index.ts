import type { ResourceType } from '@drover/apiserver';
import type { HubObject, ObjectMeta } from '@drover/contracts';
import { authProviders } from './auth-providers.ts';
import { clusterRoleTemplateBindings } from './cluster-role-template-bindings.ts';
import { clusters } from './clusters.ts';
import { endedSessions } from './ended-sessions.ts';
import { events } from './events.ts';
import { globalRoleBindings } from './global-role-bindings.ts';
import { globalRoles } from './global-roles.ts';
import { identities } from './identities.ts';
import { joinTokens } from './join-tokens.ts';
import { namespaces } from './namespaces.ts';
import { passwords } from './passwords.ts';
import { projectRoleTemplateBindings } from './project-role-template-bindings.ts';
import { projects } from './projects.ts';
import { roleTemplates } from './role-templates.ts';
import { settings } from './settings.ts';
import { tokens } from './tokens.ts';
import { users } from './users.ts';

export {
  authProviders,
  clusterRoleTemplateBindings,
  clusters,
  endedSessions,
  events,
  globalRoleBindings,
  globalRoles,
  identities,
  joinTokens,
  namespaces,
  passwords,
  projectRoleTemplateBindings,
  projects,
  roleTemplates,
  settings,
  tokens,
  users,
};

/** Everything that the hub keeps. */
export const allResources: readonly ResourceType[] = [
  clusters,
  users,
  tokens,
  joinTokens,
  namespaces,
  passwords,
  globalRoles,
  globalRoleBindings,
  roleTemplates,
  clusterRoleTemplateBindings,
  projects,
  projectRoleTemplateBindings,
  authProviders,
  identities,
  endedSessions,
  settings,
  events,
];

/** The head of a new object; the registry fills in what it makes by itself. */
export const newObject = <Kind extends string>(kind: Kind, name: string): HubObject<Kind> => {
  const metadata: ObjectMeta = { name, uid: '', resourceVersion: '', creationTimestamp: '' };
  return { apiVersion: 'drover.dev/v1', kind, metadata };
};
