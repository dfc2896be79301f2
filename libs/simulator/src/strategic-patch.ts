import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { maxBodyBytes, type Registry } from '@drover/apiserver';
import { DroverError } from '@drover/errors';
import { simulatedKinds } from './kinds/index.ts';
import { strategicMerge } from './strategic-merge.ts';

const mediaType = 'application/strategic-merge-patch+json';
const objectPath =
  /^\/(?:api\/v1|apis\/(?<group>[^/]+)\/v1)(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<plural>[^/]+)\/(?<name>[^/]+)(?:\/status)?$/;

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
  const patch = parsed(await textOf(request));
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

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Left early, the connection must stay for the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new DroverError('too-large', 'Request entity too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DroverError('bad-request', 'the patch is not JSON', { cause });
  }
}
