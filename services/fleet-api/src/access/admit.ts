import {
  type Admitted,
  type ApiObject,
  type ClientWrite,
  type FieldError,
  fieldErrors,
  invalid,
  type Registry,
  type ResourceType,
} from '@drover/apiserver';
import type {
  AuthProvider,
  ClusterRoleTemplateBinding,
  GlobalRole,
  GlobalRoleBinding,
  ProjectRoleTemplateBinding,
  RoleTemplate,
  Setting,
  Token,
  User,
} from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { inheritanceCycle, type SecretRing } from '@drover/identity';
import type { Caller } from '../domain/authorization.ts';
import { settingFault } from '../domain/hub-settings.ts';
import type { Creators } from '../operations/creators.ts';
import {
  authProviders,
  clusterRoleTemplateBindings,
  clusters,
  globalRoleBindings,
  globalRoles,
  projectRoleTemplateBindings,
  projects,
  roleTemplates,
  settings,
  tokens,
  users,
} from '../resources/index.ts';
import { admitProvider } from './admit-provider.ts';
import { admitToken, changedToken, type TokenParts } from './admit-token.ts';
import { bindingObjects, editionAnnotation, globalRoleObjects, roleTemplateObjects } from './built-ins.ts';
import { type Escalation, sameRules } from './escalation.ts';
import { requireAdministratorLeft } from './last-administrator.ts';
import { checkLocalProvider } from './local-provider.ts';
import { projectScope, type Rights } from './rights.ts';
import { requireWorkloadRights } from './workload-rights.ts';

/** What a kind's own check of a client's write works with. */
interface Checks {
  readonly caller: Caller;
  readonly registry: Registry;
  readonly rights: Rights;
  readonly escalation: Escalation;
}

type Check<T extends ApiObject> = (checks: Checks, object: T, old: T | undefined) => T;

const builtInNames = {
  [globalRoles.plural]: new Set(globalRoleObjects.map(({ metadata }) => metadata.name)),
  [globalRoleBindings.plural]: new Set(bindingObjects.map(({ metadata }) => metadata.name)),
  [roleTemplates.plural]: new Set(roleTemplateObjects.map(({ metadata }) => metadata.name)),
};

const checkGlobalRole: Check<GlobalRole> = ({ caller, escalation }, role, old) => {
  const kept = checkBuiltIn(globalRoles, role, old);
  if (!sameRules(role.spec.rules, old?.spec.rules)) {
    escalation.requireRole(caller, { type: globalRoles, name: role.metadata.name }, role.spec.rules);
  }
  return kept;
};

const checkRoleTemplate: Check<RoleTemplate> = ({ caller, registry, rights, escalation }, role, old) => {
  const { name } = role.metadata;
  const kept = checkBuiltIn(roleTemplates, role, old, ['locked', 'creatorDefault']);
  const { rules = [], roleTemplateNames = [], external = false } = role.spec;
  const errors = roleTemplateNames.flatMap((one, index): FieldError[] => {
    const found = registry.find(roleTemplates, one);
    const field = `spec.roleTemplateNames[${index}]`;
    if (found === undefined && one !== name) return [fieldErrors.notFound(field, one)];
    return found?.spec.context === 'cluster' && role.spec.context === 'project'
      ? [fieldErrors.invalid(field, one, 'a role template of clusters cannot be inherited by one of projects')]
      : [];
  });
  const cycle = inheritanceCycle(name, roleTemplateNames, one => {
    const found = registry.find(roleTemplates, one);
    return found && { rules: [], inherits: found.spec.roleTemplateNames ?? [] };
  });
  if (cycle !== undefined) {
    const why = `role templates cannot inherit themselves: ${cycle.join(' -> ')}`;
    errors.push(fieldErrors.invalid('spec.roleTemplateNames', roleTemplateNames, why));
  }
  if (errors.length > 0) throw invalid(roleTemplates, name, errors);
  const given = (one: RoleTemplate['spec'] | undefined): string =>
    JSON.stringify([one?.rules ?? [], one?.roleTemplateNames ?? [], one?.external ?? false]);
  if (old === undefined || given(role.spec) !== given(old.spec)) {
    const all = rights.rulesOfTemplate(roleTemplateNames, rules, external);
    escalation.requireRole(caller, { type: roleTemplates, name }, all);
  }
  return kept;
};

const checkGlobalRoleBinding: Check<GlobalRoleBinding> = ({ caller, registry, escalation }, binding, old) => {
  const { name } = binding.metadata;
  const kept = checkBuiltIn(globalRoleBindings, binding, old);
  if (old !== undefined) return kept;
  const role = registry.find(globalRoles, binding.spec.globalRole);
  if (role === undefined) {
    throw invalid(globalRoleBindings, name, [fieldErrors.notFound('spec.globalRole', binding.spec.globalRole)]);
  }
  const giving = { type: globalRoleBindings, name };
  escalation.requireBinding(caller, giving, { type: globalRoles, name: role.metadata.name }, role.spec.rules, [
    undefined,
  ]);
  return kept;
};

const checkClusterBinding: Check<ClusterRoleTemplateBinding> = (checks, binding, old) => {
  if (old === undefined) requireTemplate(checks, clusterRoleTemplateBindings, binding, 'cluster', []);
  return binding;
};

const checkProjectBinding: Check<ProjectRoleTemplateBinding> = (checks, binding, old) => {
  if (old !== undefined) return binding;
  const { project } = binding.spec;
  const { name, namespace = '' } = binding.metadata;
  if (checks.registry.find(projects, project, namespace) === undefined) {
    throw invalid(projectRoleTemplateBindings, name, [fieldErrors.notFound('spec.project', project)]);
  }
  requireTemplate(checks, projectRoleTemplateBindings, binding, 'project', [projectScope(namespace, project)]);
  return binding;
};

/** The template is there, of this context and not locked, and the caller may bind it in the namespace. */
function requireTemplate(
  { caller, registry, rights, escalation }: Checks,
  type: ResourceType,
  binding: ClusterRoleTemplateBinding | ProjectRoleTemplateBinding,
  context: 'cluster' | 'project',
  furtherScopes: readonly string[],
): void {
  const { name, namespace } = binding.metadata;
  const template = registry.find(roleTemplates, binding.spec.roleTemplate);
  const at = 'spec.roleTemplate';
  if (template === undefined) throw invalid(type, name, [fieldErrors.notFound(at, binding.spec.roleTemplate)]);
  if (template.spec.context !== context) {
    const why = `a role template of the context ${context} is needed`;
    throw invalid(type, name, [fieldErrors.invalid(at, template.metadata.name, why)]);
  }
  if (template.spec.locked) throw invalid(type, name, [fieldErrors.forbidden(at, 'the role template is locked')]);
  const { rules = [], roleTemplateNames = [], external = false, builtin = false } = template.spec;
  const all = rights.rulesOfTemplate(roleTemplateNames, rules, external && !builtin);
  const role = { type: roleTemplates, name: template.metadata.name };
  escalation.requireBinding(caller, { type, name }, role, all, [namespace, ...furtherScopes]);
}

/** A value that the hub could not read would silently count as none. */
const checkSetting: Check<Setting> = (_, setting) => {
  const { metadata, spec } = setting;
  const fault = settingFault(metadata.name, spec.value);
  if (fault !== undefined)
    throw invalid(settings, metadata.name, [fieldErrors.invalid('spec.value', spec.value, fault)]);
  return setting;
};

/** Whoever becomes a member of a group, or takes a name, gets what is bound to it. */
const checkUser: Check<User> = ({ caller, registry, rights, escalation }, user, old) => {
  if (old !== undefined) requireAdministratorLeft({ registry, rights }, old, user);
  const known = new Set(old?.spec?.groups ?? []);
  const groups = (user.spec?.groups ?? []).filter(one => !known.has(one));
  const { name } = user.metadata;
  escalation.requireRightsOf(caller, { type: users, name }, { user: old === undefined ? name : '', groups });
  return user;
};

/**
 * What the hub ships stays as it is, but for the fields in `free`; a deleted one comes back by itself. Nobody else's object
 * may look like one, nor take its name in between.
 */
function checkBuiltIn<T extends ApiObject & { spec: object }>(
  type: ResourceType<T>,
  object: T,
  old: T | undefined,
  free: readonly string[] = [],
): T {
  const { name } = object.metadata;
  const isBuiltIn = builtInNames[type.plural]?.has(name) ?? false;
  const errors: FieldError[] = [];
  if (!isBuiltIn) {
    if (Reflect.get(object.spec, 'builtin') === true)
      errors.push(fieldErrors.forbidden('spec.builtin', 'only the hub sets it'));
  } else if (old === undefined)
    errors.push(fieldErrors.forbidden('metadata.name', 'the name is kept for a built-in object'));
  else {
    for (const field of new Set([...Object.keys(object.spec), ...Object.keys(old.spec)])) {
      if (free.includes(field)) continue;
      if (sameJson(Reflect.get(object.spec, field), Reflect.get(old.spec, field))) continue;
      errors.push(fieldErrors.forbidden(`spec.${field}`, 'a built-in object cannot be changed'));
    }
  }
  if (errors.length > 0) throw invalid(type, name, errors);
  const edition = old?.metadata.annotations?.[editionAnnotation];
  if (!isBuiltIn || edition === undefined) return object;
  const annotations = { ...object.metadata.annotations, [editionAnnotation]: edition };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

const isProvider = (object: ApiObject): object is AuthProvider => object.kind === 'AuthProvider';
const isToken = (object: ApiObject): object is Token => object.kind === 'Token';

const sameJson = (one: unknown, other: unknown): boolean =>
  JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));

/** With fields in one order: a client may send them back in another. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => [name, sorted(item)]),
  );
}

/** The registry gives a resource's own objects only, so the type holds. */
const checked =
  <T extends ApiObject>(_: ResourceType<T>, check: Check<T>) =>
  (checks: Checks, object: ApiObject, old: ApiObject | undefined): ApiObject =>
    check(checks, object as T, old as T | undefined);

const checksByResource = new Map([
  [globalRoles.plural, checked(globalRoles, checkGlobalRole)],
  [globalRoleBindings.plural, checked(globalRoleBindings, checkGlobalRoleBinding)],
  [roleTemplates.plural, checked(roleTemplates, checkRoleTemplate)],
  [clusterRoleTemplateBindings.plural, checked(clusterRoleTemplateBindings, checkClusterBinding)],
  [projectRoleTemplateBindings.plural, checked(projectRoleTemplateBindings, checkProjectBinding)],
  [settings.plural, checked(settings, checkSetting)],
  [users.plural, checked(users, checkUser)],
]);

/** What a client's write of the hub's objects must satisfy beside their schemas: references, and nobody's rights growing. */
export function admitWrite(
  parts: Omit<Checks, 'caller'> & TokenParts & { readonly secrets: SecretRing; readonly creators: Creators },
  caller: Caller,
  write: ClientWrite,
): Admitted {
  const { type, object, old, asked } = write;
  if (asked.subresource !== undefined) {
    // What providers say of a user gives rights, so that nobody else may say it.
    if (type.plural === users.plural) throw new DroverError('forbidden', 'the status of a user is the hub’s to write');
    // Whoever wrote when a token was last used could hide that he used it.
    if (type.plural === tokens.plural)
      throw new DroverError('forbidden', 'the status of a token is the hub’s to write');
    return { object };
  }
  if (type.plural === tokens.plural && isToken(object)) {
    return old !== undefined && isToken(old)
      ? { object: changedToken(object, old) }
      : admitToken(parts, caller, object, write.dryRun);
  }
  if (type.plural === authProviders.plural && isProvider(object)) {
    requireWorkloadRights(parts, caller, object, old !== undefined && isProvider(old) ? old : undefined);
    checkLocalProvider(parts.registry, object);
    return { object: admitProvider(parts.secrets, object, old !== undefined && isProvider(old) ? old : undefined) };
  }
  if (old === undefined && type.group === clusters.group) {
    const { creators } = parts;
    if (type.plural === clusters.plural) {
      return { object, stored: ({ metadata }) => creators.ofCluster(metadata.name, caller) };
    }
    if (type.plural === projects.plural) {
      return {
        object,
        stored: ({ metadata: { name, namespace = '' } }) => creators.ofProject(namespace, name, caller),
      };
    }
  }
  const check = type.group === globalRoles.group ? checksByResource.get(type.plural) : undefined;
  return { object: check?.({ ...parts, caller }, object, old) ?? object };
}
