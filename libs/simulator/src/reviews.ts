import { type ApiObject, reviews, type VirtualResource } from '@drover/apiserver';
import type { Caller } from './caller.ts';
import type { Rights } from './rights.ts';

const { accessOf, messages, selfSubjectAccessReviews, selfSubjectReviews, specOf } = reviews;

/** `kubectl auth whoami` and `kubectl auth can-i`: through Drover they show who one is in the cluster. */
export function reviewsOf(rights: () => Rights): VirtualResource<Caller>[] {
  return [
    {
      type: selfSubjectReviews,
      protobuf: messages.selfSubject,
      answer: ({ user, groups, extra }) => ({
        status: { userInfo: { username: user, groups, ...(Object.keys(extra).length === 0 ? {} : { extra }) } },
      }),
    },
    {
      type: selfSubjectAccessReviews,
      protobuf: messages.access,
      answer: (caller, object) => ({
        spec: specOf(object),
        status: { allowed: mayDo(caller, object, rights()) },
      }),
    },
  ];
}

/** The groups of {@link reviewsOf}: everybody may ask about himself. */
export const isReview = (group: string): boolean =>
  group === selfSubjectReviews.group || group === selfSubjectAccessReviews.group;

function mayDo(caller: Caller, object: ApiObject, { grants }: Rights): boolean {
  const asked = accessOf(selfSubjectAccessReviews, object);
  return asked.of === 'path' ? grants.allowsPath(caller, asked) : grants.allows(caller, asked.namespace, asked);
}
