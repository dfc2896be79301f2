import { forbidden } from './failures.ts';
import type { ApiObject } from './object.ts';
import type { ResourceType, Verb } from './resource-type.ts';
import type { Selector } from './selectors.ts';

/** What a request on objects asks for, as `authorization.k8s.io` names it. */
export interface ResourceAttributes {
  readonly verb: Verb;
  readonly group: string;
  /** The plural: `widgets`. */
  readonly resource: string;
  readonly subresource: string | undefined;
  /** Undefined: a resource without namespaces, or all of them. */
  readonly namespace: string | undefined;
  /** Undefined: a collection, or an object that is yet to be made. */
  readonly name: string | undefined;
}

/** Whether a caller may do what it asks for. */
export type Decision =
  /** `only`: which objects exist for this caller; of the others it learns nothing, and it can make none of them. */
  { readonly allowed: true; readonly only?: Selector } | { readonly allowed: false; readonly reason?: string };

/** A write as a client wants it, before anything is stored. */
export interface ClientWrite {
  readonly asked: ResourceAttributes;
  readonly type: ResourceType;
  readonly object: ApiObject;
  /** Absent when the object is made. */
  readonly old: ApiObject | undefined;
  readonly dryRun: boolean;
}

/** What becomes of a client's write. */
export interface Admitted {
  readonly object: ApiObject;
  /** What the client is shown of the stored object, where that is more than the object: a secret, once. */
  readonly answer?: (stored: ApiObject) => ApiObject;
  /** What follows once a new object is stored, before the client is answered; what it throws is the answer. */
  readonly stored?: (object: ApiObject) => Promise<void>;
}

/** What counts for one caller's request: which objects there are for it, and what it may make of them. */
export interface ClientRules {
  readonly exists: Selector;
  /** Every write of a client passes here, an update again for each try. Throws what refuses it. */
  admit(object: ApiObject, old: ApiObject | undefined): Admitted;
  /** The rules for making the object that the request would change. Throws `forbidden` where the caller may not. */
  creating(): ClientRules;
}

/** Refuses a request in kube-apiserver's words. `who`: the caller's name. */
export function refusal(type: ResourceType, asked: ResourceAttributes, who: string, why?: string): Error {
  const { verb, resource, subresource, name = '', namespace } = asked;
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  return forbidden(type, verb, what, name, who, why, namespace);
}
