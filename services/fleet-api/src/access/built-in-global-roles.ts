import type { RoleRule } from '@drover/contracts';

/** What a built-in role is made from. */
export interface BuiltInRole {
  readonly displayName: string;
  readonly description: string;
  readonly rules: readonly RoleRule[];
}

const group = 'drover.dev';

/** Reading, for rules. */
export const reading = ['get', 'list', 'watch'];
/** Reading and writing, without `bind`, `escalate` and `impersonate`, which `*` would give. */
export const managing = [...reading, 'create', 'update', 'patch', 'delete', 'deletecollection'];

/** Rules on the hub's own objects. */
export const hubRule = (verbs: readonly string[], ...resources: string[]): RoleRule => ({
  verbs: [...verbs],
  apiGroups: [group],
  resources,
});

/** Everything that there is, and every path. */
export const everything: readonly RoleRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** What clients ask before anything else (as `system:discovery`), and about themselves (as `system:basic-user`). */
const basics: readonly RoleRule[] = [
  {
    verbs: ['get'],
    nonResourceURLs: [
      '/api',
      '/api/*',
      '/apis',
      '/apis/*',
      '/openapi',
      '/openapi/*',
      '/version',
      '/version/',
      '/healthz',
      '/livez',
      '/readyz',
    ],
  },
  { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
  {
    verbs: ['create'],
    apiGroups: ['authorization.k8s.io'],
    resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  },
];

const userBase: readonly RoleRule[] = [...basics, hubRule(reading, 'clusters')];

/** The global roles that every hub has. */
export const builtInGlobalRoles: ReadonlyMap<string, BuiltInRole> = new Map(
  Object.entries({
    admin: {
      displayName: 'Administrator',
      description: 'Everything on the hub and in every cluster.',
      rules: everything,
    },
    user: {
      displayName: 'Standard User',
      description: 'Sees what everybody sees, and makes clusters.',
      rules: [...userBase, hubRule(['create'], 'clusters'), hubRule(reading, 'roletemplates', 'settings')],
    },
    'user-base': {
      displayName: 'User Base',
      description: 'What everybody may do who is known: see clusters, themselves, and their own tokens.',
      rules: userBase,
    },
    'clusters-create': {
      displayName: 'Create Clusters',
      description: 'Makes clusters.',
      rules: [hubRule(['create'], 'clusters'), hubRule(reading, 'roletemplates')],
    },
    'users-manage': {
      displayName: 'Manage Users',
      description: 'Makes, changes and deletes users and their roles; gives nobody what they do not have themselves.',
      rules: [hubRule(managing, 'users', 'globalrolebindings'), hubRule(reading, 'globalroles')],
    },
    'tokens-manage': {
      displayName: 'Manage Tokens',
      description: 'Sees and deletes the tokens of all, and makes tokens for whoever has no more rights than they.',
      rules: [hubRule(managing, 'tokens'), hubRule(reading, 'users')],
    },
    'roles-manage': {
      displayName: 'Manage Roles',
      description: 'Makes, changes and deletes roles, of what they may do themselves.',
      rules: [hubRule(managing, 'globalroles', 'roletemplates')],
    },
    'authn-manage': {
      displayName: 'Manage Authentication',
      description: 'Says where users come from.',
      rules: [hubRule(managing, 'authproviders')],
    },
    'settings-manage': {
      displayName: 'Manage Settings',
      description: 'Changes the settings of the hub.',
      rules: [hubRule(managing, 'settings')],
    },
    'drivers-manage': {
      displayName: 'Manage Drivers',
      description: 'Says how clusters and nodes can be made.',
      rules: [hubRule(managing, 'clusterdrivers', 'nodedrivers')],
    },
  }),
);
