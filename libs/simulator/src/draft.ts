import type { ObjectMeta } from '@drover/contracts';
import type { LooseObject } from './kinds/index.ts';

/** What of the metadata is given; the registry makes the rest. */
export type DraftMeta = Pick<ObjectMeta, 'name'> & Partial<ObjectMeta>;

/** An object that is yet to be made. */
export const draftOf = (
  apiVersion: string,
  kind: string,
  metadata: DraftMeta,
  fields: Readonly<Record<string, unknown>> = {},
): LooseObject => ({
  ...fields,
  apiVersion,
  kind,
  metadata: { uid: '', resourceVersion: '', creationTimestamp: '', ...metadata },
});
