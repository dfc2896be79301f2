import type { ResourceType } from '@drover/apiserver';
import type { HubObject, ObjectMeta } from '@drover/contracts';
import { clusters } from './clusters.ts';
import { joinTokens } from './join-tokens.ts';
import { passwords } from './passwords.ts';
import { tokens } from './tokens.ts';
import { users } from './users.ts';

export { clusters, joinTokens, passwords, tokens, users };

/** Everything that the hub keeps. */
export const allResources: readonly ResourceType[] = [clusters, users, tokens, joinTokens, passwords];

/** The head of a new object; the registry fills in what it makes by itself. */
export const newObject = <Kind extends string>(kind: Kind, name: string): HubObject<Kind> => {
  const metadata: ObjectMeta = { name, uid: '', resourceVersion: '', creationTimestamp: '' };
  return { apiVersion: 'drover.dev/v1', kind, metadata };
};
