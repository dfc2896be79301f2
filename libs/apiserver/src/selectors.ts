import type { KeptObject } from './kept-object.ts';
import type { ApiObject } from './object.ts';

/** Whether an object is meant. */
export type Selector = (object: ApiObject) => boolean;

/** The {@link Selector} of those who see everything. */
export const everything: Selector = () => true;

/** Whether an object is meant, told by what is kept beside its bytes. */
export type Choice = (object: KeptObject) => boolean;

/** Both together; undefined stands for all. */
export function allOf(one: Choice | undefined, other: Choice | undefined): Choice | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return object => one(object) && other(object);
}
