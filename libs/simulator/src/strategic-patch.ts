import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { nodeRequest, type Registry, readBody } from '@drover/apiserver';
import { DroverError } from '@drover/errors';
import { simulatedKinds } from './kinds/index.ts';
import { strategicMerge } from './strategic-merge.ts';

const mediaType = 'application/strategic-merge-patch+json';
const objectPath =
  /^\/(?:api\/v1|apis\/(?<group>[^/]+)\/v1)(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<plural>[^/]+)\/(?<name>[^/]+)(?:\/status)?$/;

const notJson = (why: string): DroverError => new DroverError('bad-request', `the patch is not JSON: ${why}`);

/**
 * The request, its strategic merge patch turned into a JSON patch of the object as it is now: the API server itself knows
 * no such patches, since the hub's kinds have none. Other requests are left as they are. Throws `bad-request`, `too-large`.
 */
export async function withoutStrategicPatch(request: IncomingMessage, registry: Registry): Promise<IncomingMessage> {
  if (request.method !== 'PATCH' || !request.headers['content-type']?.startsWith(mediaType)) return request;
  const [path = ''] = (request.url ?? '').split('?', 1);
  const { group = '', namespace, plural, name = '' } = objectPath.exec(path)?.groups ?? {};
  const type = simulatedKinds.find(one => one.plural === plural && one.group === group);
  const current = type && registry.find(type, name, namespace);
  const patch = (await readBody(nodeRequest(request), [mediaType], notJson))?.value;
  // Of what is not there, the API server says so, to those who may know.
  const value = current === undefined ? {} : strategicMerge(current, patch);
  const body = Buffer.from(JSON.stringify([{ op: 'replace', path: '', value }]), 'utf8');
  const { method, url, rawHeaders } = request;
  const headers = {
    ...request.headers,
    'content-type': 'application/json-patch+json',
    'content-length': String(body.length),
  };
  return Object.assign(Readable.from([body]), { method, url, headers, rawHeaders }) as unknown as IncomingMessage;
}
