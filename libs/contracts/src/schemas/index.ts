import type { KindDeclaration } from '../kind.ts';
import { clusterKind } from './cluster.ts';
import { joinTokenKind } from './join-token.ts';
import { passwordKind } from './password.ts';
import { tokenKind } from './token.ts';
import { userKind } from './user.ts';

export { type Cluster, clusterKind } from './cluster.ts';
export { type Condition, condition, conditions } from './condition.ts';
export { type JoinToken, joinTokenKind } from './join-token.ts';
export { type Password, passwordKind } from './password.ts';
export { type Token, tokenKind } from './token.ts';
export { type User, userKind } from './user.ts';

/** Every kind of the hub, in the order of docs/reference.md. */
export const kinds: readonly KindDeclaration[] = [clusterKind, userKind, tokenKind, joinTokenKind, passwordKind];
