import { adminGroup, type GlobalRole, type GlobalRoleBinding, type RoleTemplate } from '@drover/contracts';
import { newObject } from '../resources/index.ts';
import { builtInGlobalRoles } from './built-in-global-roles.ts';
import { builtInRoleTemplates } from './built-in-role-templates.ts';

/** The group of all whom the hub knows; no user can be put into it, since `system:` names are refused (T4). */
export const authenticatedGroup = 'system:authenticated';

/**
 * The edition of the built-in objects, raised with every change of them. While replicas of two versions run, the older one
 * leaves alone what the newer one has written, so that they do not set each other's back for ever.
 */
export const builtInEdition = 1;
/** Where an object says which edition it is of. */
export const editionAnnotation = 'drover.dev/builtin-edition';

const built = <Kind extends string>(kind: Kind, name: string) => {
  const head = newObject(kind, name);
  return { ...head, metadata: { ...head.metadata, annotations: { [editionAnnotation]: String(builtInEdition) } } };
};

/** The built-in global roles, as they are stored. */
export const globalRoleObjects: readonly GlobalRole[] = [...builtInGlobalRoles].map(
  ([name, { displayName, description, rules }]) => ({
    ...built('GlobalRole', name),
    spec: { displayName, description, rules: [...rules], builtin: true },
  }),
);

/** The built-in role templates, as they are stored. */
export const roleTemplateObjects: readonly RoleTemplate[] = [...builtInRoleTemplates].map(([name, role]) => ({
  ...built('RoleTemplate', name),
  spec: {
    displayName: role.displayName,
    description: role.description,
    context: role.context,
    rules: [...role.rules],
    ...(role.inherits === undefined ? {} : { roleTemplateNames: [...role.inherits] }),
    ...(role.external === undefined ? {} : { external: true }),
    ...(role.creatorDefault === undefined ? {} : { creatorDefault: true }),
    builtin: true,
  },
}));

/** Who may do anything at all on a new hub: the administrators everything, and all others what `user-base` says. */
export const bindingObjects: readonly GlobalRoleBinding[] = [
  { ...built('GlobalRoleBinding', 'admins'), spec: { globalRole: 'admin', group: adminGroup } },
  { ...built('GlobalRoleBinding', 'authenticated'), spec: { globalRole: 'user-base', group: authenticatedGroup } },
];
