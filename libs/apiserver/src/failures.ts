import { DroverError } from '@drover/errors';
import { type FieldError, fieldErrors, maxFieldErrors } from './field-errors.ts';
import { qualifiedName, type ResourceType } from './resource-type.ts';

/**
 * Failures in the words of the Kubernetes API server, with `details` as kubectl and client-go read them.
 * (k8s.io/apimachinery/pkg/api/errors)
 */

/** What is empty is left out, as Go does. */
const details = (name: string, group: string, kind: string): Record<string, unknown> => ({
  ...(name === '' ? {} : { name }),
  ...(group === '' ? {} : { group }),
  kind,
});

type Subject = Pick<ResourceType, 'group' | 'plural'>;

const about = (type: Subject, name: string): Record<string, unknown> => details(name, type.group, type.plural);

/** `Error from server (NotFound): widgets.example.dev "x" not found` */
export const notFound = (type: ResourceType, name: string): DroverError =>
  new DroverError('not-found', `${qualifiedName(type)} ${JSON.stringify(name)} not found`, {
    details: { status: about(type, name) },
  });

/** A path that the API does not have. */
export const noSuchPath = (): DroverError =>
  new DroverError('not-found', 'the server could not find the requested resource', { details: { status: {} } });

export const alreadyExists = (type: ResourceType, name: string, why = ''): DroverError =>
  new DroverError('already-exists', `${qualifiedName(type)} ${JSON.stringify(name)} already exists${why}`, {
    details: { status: about(type, name) },
  });

/** The object of that name waits for its finalizers. */
export const beingDeleted = (type: ResourceType, name: string): DroverError =>
  new DroverError(
    'already-exists',
    `object is being deleted: ${qualifiedName(type)} ${JSON.stringify(name)} already exists`,
    { details: { status: about(type, name) } },
  );

/** A generated name was taken, again and again. */
export const noFreeName = (type: ResourceType, name: string): DroverError =>
  alreadyExists(type, name, ', the server was not able to generate a unique name for the object');

export const conflict = (
  type: Subject,
  name: string,
  why = 'the object has been modified; please apply your changes to the latest version and try again',
): DroverError =>
  new DroverError(
    'conflict',
    `Operation cannot be fulfilled on ${qualifiedName(type)} ${JSON.stringify(name)}: ${why}`,
    {
      details: { status: about(type, name) },
    },
  );

export const methodNotAllowed = (
  message = 'the server does not allow this method on the requested resource',
): DroverError => new DroverError('method-not-allowed', message, { details: { status: {} } });

/** `Widget.example.dev "x" is invalid: spec.size: …`; `what` is the type's kind, or what else the failure is about. */
export function invalid(
  type: Pick<ResourceType, 'group'>,
  name: string,
  errors: readonly FieldError[],
  what = 'kind' in type && typeof type.kind === 'string' ? type.kind : '',
): DroverError {
  const told = errors.slice(0, maxFieldErrors);
  const said = told.map(error => `${error.field}: ${error.message}`);
  const list = said.length === 1 ? said[0] : `[${said.join(', ')}]`;
  const subject = type.group === '' ? what : `${what}.${type.group}`;
  return new DroverError('invalid', `${subject} ${JSON.stringify(name)} is invalid: ${list}`, {
    details: { status: { ...details(name, type.group, what), causes: told } },
  });
}

/** A patch whose result cannot be read. */
export const badPatch = (result: string, why: string): DroverError => {
  const error = fieldErrors.invalid('patch', result, why);
  return new DroverError('invalid', ` "" is invalid: ${error.field}: ${error.message}`, {
    details: { status: { causes: [error] } },
  });
};

/** Wrong parameters of a write: `CreateOptions.meta.k8s.io "" is invalid: …`. */
export const invalidOptions = (kind: string, errors: readonly FieldError[]): DroverError =>
  invalid({ group: 'meta.k8s.io' }, '', errors, kind);

/** A namespace that is being deleted takes nothing new. */
export const namespaceTerminating = (type: ResourceType, name: string, namespace: string): DroverError =>
  new DroverError(
    'forbidden',
    `${qualifiedName(type)} ${JSON.stringify(name)} is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
    {
      details: {
        status: {
          ...about(type, name),
          causes: [
            {
              reason: 'NamespaceTerminating',
              message: `namespace ${namespace} is being terminated`,
              field: 'metadata.namespace',
            },
          ],
        },
      },
    },
  );

/** `who` as in `User "alice"`; `what` may name a subresource, as in `widgets/status`. */
export function forbidden(
  type: ResourceType,
  verb: string,
  what: string,
  name: string,
  who: string,
  why?: string,
  namespace?: string,
): DroverError {
  const object = name === '' ? '' : ` ${JSON.stringify(name)}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const said = `User ${JSON.stringify(who)} cannot ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(type.group)} ${where}`;
  return new DroverError(
    'forbidden',
    `${qualifiedName(type)}${object} is forbidden: ${said}${why === undefined ? '' : `: ${why}`}`,
    {
      details: { status: about(type, name) },
    },
  );
}

/** A write that its kind's own rules refuse: `widgets.example.dev "x" is forbidden: why`. */
export const refusedFor = (type: ResourceType, name: string, why: string): DroverError =>
  new DroverError('forbidden', `${qualifiedName(type)} ${JSON.stringify(name)} is forbidden: ${why}`, {
    details: { status: about(type, name) },
  });

/** A path that is no object's, as in `cannot get path "/metrics"`. */
export const forbiddenPath = (verb: string, path: string, who: string): DroverError =>
  new DroverError('forbidden', `forbidden: User ${JSON.stringify(who)} cannot ${verb} path ${JSON.stringify(path)}`, {
    details: { status: {} },
  });

/** A resourceVersion that was not reached in time (504): client-go tries again. (k8s.io/apiserver/pkg/storage/errors.go) */
export const tooLargeRevision = (asked: number, current: number): DroverError =>
  new DroverError('timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    details: {
      status: {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    },
  });

/** A page of a list whose revision is not known any more (410); `token` goes on with what is there now. */
export const continueExpired = (token: string): DroverError =>
  new DroverError(
    'gone',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    { details: { listMeta: { continue: token } } },
  );

/** A resourceVersion outside the window that is kept (410, `Expired`): client-go lists again. */
export const expired = (asked: number, oldest: number): DroverError =>
  new DroverError('gone', `too old resource version: ${asked} (${oldest})`);
