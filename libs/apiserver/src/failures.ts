import { DroverError } from '@drover/errors';
import { qualifiedName, type ResourceType } from './resource-type.ts';
import type { FieldError } from './schema.ts';

/**
 * Failures in the words of the Kubernetes API server, with `details` as kubectl and client-go read them.
 * (k8s.io/apimachinery/pkg/api/errors)
 */

const about = (type: ResourceType, name: string): Record<string, unknown> => ({
  name,
  group: type.group,
  kind: type.plural,
});

/** `Error from server (NotFound): widgets.example.dev "x" not found` */
export const notFound = (type: ResourceType, name: string): DroverError =>
  new DroverError('not-found', `${qualifiedName(type)} ${JSON.stringify(name)} not found`, {
    details: { status: about(type, name) },
  });

/** A path that the API does not have. */
export const noSuchPath = (): DroverError =>
  new DroverError('not-found', 'the server could not find the requested resource', { details: { status: {} } });

export const alreadyExists = (type: ResourceType, name: string): DroverError =>
  new DroverError('already-exists', `${qualifiedName(type)} ${JSON.stringify(name)} already exists`, {
    details: { status: about(type, name) },
  });

export const conflict = (
  type: ResourceType,
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

export function invalid(type: ResourceType, name: string, errors: readonly FieldError[]): DroverError {
  const said = errors.map(error => `${error.field}: ${error.message}`);
  const list = said.length === 1 ? said[0] : `[${said.join(', ')}]`;
  return new DroverError('invalid', `${type.kind}.${type.group} ${JSON.stringify(name)} is invalid: ${list}`, {
    details: { status: { name, group: type.group, kind: type.kind, causes: errors } },
  });
}

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

/** A path that is no object's, as in `cannot get path "/metrics"`. */
export const forbiddenPath = (verb: string, path: string, who: string): DroverError =>
  new DroverError('forbidden', `forbidden: User ${JSON.stringify(who)} cannot ${verb} path ${JSON.stringify(path)}`, {
    details: { status: {} },
  });

/** A resourceVersion outside the window that is kept (410, `Expired`): client-go lists again. */
export const expired = (asked: number, oldest: number): DroverError =>
  new DroverError('gone', `too old resource version: ${asked} (${oldest})`);
