import assert from 'node:assert/strict';
import { admin, objectsPath, type serveFleet } from '../fleet-for-tests.ts';

type Served = Awaited<ReturnType<typeof serveFleet>>;

/** An object of the hub as a client sends it. */
export const object = (kind: string, name: string, spec: object, namespace?: string): object => ({
  apiVersion: 'drover.dev/v1',
  kind,
  metadata: { ...(name === '' ? {} : { name }), ...(namespace === undefined ? {} : { namespace }) },
  spec,
});

/** The path of a collection. */
export const pathOf = (plural: string, namespace?: string): string =>
  `${objectsPath}/${namespace === undefined ? '' : `namespaces/${namespace}/`}${plural}`;

/** Gives a user a global role. */
export async function giveRole(served: Served, user: string, globalRole: string): Promise<void> {
  const spec = { globalRole, user };
  const made = await served.call(
    admin,
    'POST',
    pathOf('globalrolebindings'),
    object('GlobalRoleBinding', `${user}-${globalRole}`, spec),
  );
  assert.equal(made.status, 201, made.text);
}

/** Makes an object as an administrator. */
export async function make(served: Served, plural: string, body: object, namespace?: string): Promise<void> {
  const made = await served.call(admin, 'POST', pathOf(plural, namespace), body);
  assert.equal(made.status, 201, made.text);
}

/** What a `SelfSubjectAccessReview` says. */
export async function mayDo(served: Served, as: string, resourceAttributes: object): Promise<boolean> {
  const answer = await served.call(as, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  });
  assert.equal(answer.status, 201, answer.text);
  return answer.body.status.allowed;
}
