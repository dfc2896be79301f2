import {
  type ApiObject,
  fieldErrors,
  invalid,
  type Registry,
  type ResourceType,
  reviews,
  type VirtualResource,
} from '@drover/apiserver';
import type { Clock } from '@drover/async';
import { groupsOf } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { type Holder, parseToken, secretEndMs } from '@drover/identity';
import { type Caller, decide } from '../domain/authorization.ts';
import { allResources, tokens, users } from '../resources/index.ts';
import { authenticatedGroup } from './built-ins.ts';
import type { Rights } from './rights.ts';

const { accessOf, messages, specOf, textOf, textsOf } = reviews;
const { localSubjectAccessReviews, selfSubjectAccessReviews, selfSubjectReviews, selfSubjectRulesReviews } = reviews;
const { subjectAccessReviews, tokenReviews } = reviews;

/** What reviews are answered from. */
export interface ReviewParts {
  /** Called when a review is answered: the reviews are made before the API that serves them. */
  readonly registry: () => Registry;
  readonly rights: () => Rights;
  readonly clock: Clock;
}

/** The reviews by which `kubectl auth whoami` and `kubectl auth can-i` work on the hub. */
export function reviewsOf(parts: ReviewParts): VirtualResource<Caller>[] {
  const access = (caller: Caller, type: ResourceType, object: ApiObject): Record<string, unknown> => ({
    spec: specOf(object),
    status: { allowed: isAllowed(parts, caller, accessOf(type, object)) },
  });
  return [
    {
      type: selfSubjectReviews,
      protobuf: messages.selfSubject,
      answer: caller => ({ status: { userInfo: userInfo(caller) } }),
    },
    {
      type: tokenReviews,
      protobuf: messages.token,
      answer: (_, object) => ({ spec: specOf(object), status: tokenStatus(parts, object) }),
    },
    {
      type: selfSubjectAccessReviews,
      protobuf: messages.access,
      answer: (caller, object) => access(caller, selfSubjectAccessReviews, object),
    },
    {
      type: subjectAccessReviews,
      protobuf: messages.access,
      answer: (_, object) => access(subjectOf(subjectAccessReviews, object), subjectAccessReviews, object),
    },
    {
      type: localSubjectAccessReviews,
      protobuf: messages.access,
      answer: (_, object) => {
        requireItsNamespace(object);
        return access(subjectOf(localSubjectAccessReviews, object), localSubjectAccessReviews, object);
      },
    },
    {
      type: selfSubjectRulesReviews,
      protobuf: messages.rules,
      answer: (caller, object) => ({ spec: specOf(object), status: rulesStatus(parts, caller, object) }),
    },
  ];
}

const userInfo = ({ user, groups, extra = {} }: Caller): Record<string, unknown> => ({
  username: user,
  groups,
  ...(Object.keys(extra).length === 0 ? {} : { extra }),
});

function isAllowed({ rights, registry }: ReviewParts, caller: Caller, asked: reviews.ReviewedAccess): boolean {
  const { grants } = rights();
  if (asked.of === 'path') return grants.allowsPath(caller, asked);
  const decision = decide(grants, caller, asked);
  if (!decision.allowed) return false;
  const { group, resource, name, namespace, verb } = asked;
  if (decision.only === undefined || name === undefined || verb === 'create') return true;
  const type = allResources.find(one => one.group === group && one.plural === resource);
  const found = type && registry().find(type, name, type.namespaced ? namespace : undefined);
  return found !== undefined && decision.only(found);
}

function subjectOf(type: ResourceType, object: ApiObject): Caller {
  const { user, groups } = specOf(object);
  const subject: Holder = { user: textOf(user) ?? '', groups: textsOf(groups) };
  if (subject.user !== '' || subject.groups.length > 0) return subject;
  throw invalid(type, '', [fieldErrors.invalid('spec.user', '', 'at least one of user or group must be specified')]);
}

function requireItsNamespace(object: ApiObject): void {
  const asked = accessOf(localSubjectAccessReviews, object);
  const at = 'spec.resourceAttributes.namespace';
  if (asked.of === 'path') {
    throw invalid(localSubjectAccessReviews, '', [
      fieldErrors.invalid('spec.nonResourceAttributes', null, 'disallowed on this kind of request'),
    ]);
  }
  if (asked.namespace === object.metadata.namespace) return;
  const why = 'must match metadata.namespace';
  throw invalid(localSubjectAccessReviews, '', [fieldErrors.invalid(at, asked.namespace ?? '', why)]);
}

function rulesStatus({ rights, registry }: ReviewParts, caller: Caller, object: ApiObject): Record<string, unknown> {
  const namespace = textOf(specOf(object)['namespace']);
  if (namespace === undefined) throw new DroverError('bad-request', 'no namespace on request');
  const own = registry()
    .list(tokens)
    .filter(({ spec }) => spec.user === caller.user)
    .map(({ metadata }) => metadata.name);
  const on = (verbs: string[], resource: string, resourceNames?: string[]) => ({
    verbs,
    apiGroups: ['drover.dev'],
    resources: [resource],
    ...(resourceNames === undefined ? {} : { resourceNames }),
  });
  const rules = [
    ...rights().grants.rulesOf(caller, namespace),
    on(['get', 'list', 'watch'], 'users', [caller.user]),
    on(['list', 'watch', 'create'], 'tokens'),
    ...(own.length === 0 ? [] : [on(['get', 'update', 'patch', 'delete'], 'tokens', own)]),
  ];
  return {
    resourceRules: rules.filter(({ resources = [] }) => resources.length > 0),
    nonResourceRules: rules
      .filter(rule => 'nonResourceURLs' in rule && (rule.nonResourceURLs ?? []).length > 0)
      .map(({ verbs, ...rule }) => ({ verbs, nonResourceURLs: 'nonResourceURLs' in rule ? rule.nonResourceURLs : [] })),
    incomplete: false,
  };
}

function tokenStatus({ registry, clock }: ReviewParts, object: ApiObject): Record<string, unknown> {
  const refused = { authenticated: false, user: {}, error: 'the token is not known to the hub, or no longer good' };
  const { id, hash } = parsed(textOf(specOf(object)['token']) ?? '');
  const token = registry().find(tokens, id);
  if (token === undefined || !(clock.now() < (secretEndMs(token, hash) ?? 0))) return refused;
  const user = registry().find(users, token.spec.user);
  // A token for some clusters is nobody's on the hub itself.
  if (user === undefined || user.spec?.disabled || token.spec.clusters !== undefined) return refused;
  const groups = [...groupsOf(user), authenticatedGroup];
  return { authenticated: true, user: { username: user.metadata.name, uid: user.metadata.uid, groups } };
}

function parsed(text: string): { id: string; hash: string } {
  try {
    const { kind, id, hash } = parseToken(text);
    return kind === 'drv' ? { id, hash } : { id: '', hash: '' };
  } catch {
    return { id: '', hash: '' };
  }
}
