import type { ResourceType } from '@drover/apiserver';
import * as core from './core.ts';
import * as rbac from './rbac.ts';
import * as workloads from './workloads.ts';

export { at, listAt, mapAt, numberAt, textAt } from './fields.ts';
export type { LooseObject } from './loose-kind.ts';
export { core, rbac, workloads };

/** Everything that a simulated cluster keeps. */
export const simulatedKinds: readonly ResourceType[] = [core, workloads, rbac].flatMap(
  group => Object.values(group) as unknown as ResourceType[],
);
