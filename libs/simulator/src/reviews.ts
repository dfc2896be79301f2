import type { ProtobufMessage, ResourceType, VirtualResource } from '@drover/apiserver';
import type { Caller } from './caller.ts';
import { at, textAt } from './kinds/index.ts';
import type { Rights } from './rights.ts';

/** As k8s.io/api/authorization/v1 numbers it; kubectl 1.33 and later sends it so. */
const accessMessage: ProtobufMessage = {
  2: [
    'spec',
    {
      1: [
        'resourceAttributes',
        {
          1: ['namespace', 'string'],
          2: ['verb', 'string'],
          3: ['group', 'string'],
          4: ['version', 'string'],
          5: ['resource', 'string'],
          6: ['subresource', 'string'],
          7: ['name', 'string'],
        },
      ],
      2: ['nonResourceAttributes', { 1: ['path', 'string'], 2: ['verb', 'string'] }],
    },
  ],
};

/** `kubectl auth whoami` and `kubectl auth can-i`: through Drover they show who one is in the cluster. */
export function reviewsOf(rights: () => Rights): VirtualResource<Caller>[] {
  return [
    {
      type: review('SelfSubjectReview', 'authentication.k8s.io'),
      protobuf: {},
      answer: ({ user, groups, extra }) => ({
        status: { userInfo: { username: user, groups, ...(Object.keys(extra).length === 0 ? {} : { extra }) } },
      }),
    },
    {
      type: review('SelfSubjectAccessReview', 'authorization.k8s.io'),
      protobuf: accessMessage,
      answer: (caller, object) => ({
        spec: at(object, 'spec'),
        status: { allowed: mayDo(caller, at(object, 'spec'), rights()) },
      }),
    },
  ];
}

/** The groups of {@link reviewsOf}: everybody may ask about himself. */
export const isReview = (group: string): boolean =>
  group === 'authentication.k8s.io' || group === 'authorization.k8s.io';

function mayDo(caller: Caller, spec: unknown, { grants }: Rights): boolean {
  const path = textAt(spec, 'nonResourceAttributes.path');
  if (path !== undefined) {
    return grants.allowsPath(caller, { verb: textAt(spec, 'nonResourceAttributes.verb') ?? '', path });
  }
  const of = (name: string): string | undefined => textAt(spec, `resourceAttributes.${name}`);
  return grants.allows(caller, of('namespace'), {
    ...{ verb: of('verb') ?? '', group: of('group') ?? '', resource: of('resource') ?? '' },
    ...{ subresource: of('subresource'), name: of('name') },
  });
}

function review(kind: string, group: string): ResourceType {
  const singular = kind.toLowerCase();
  const loose = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const;
  return {
    ...{ group, version: 'v1', kind, singular, plural: `${singular}s`, shortNames: [], namespaced: false },
    ...{ verbs: ['create'], status: false, columns: [] },
    fields: { spec: { ...loose, description: 'What is asked.' }, status: { ...loose, description: 'The answer.' } },
  };
}
