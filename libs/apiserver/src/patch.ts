import { DroverError } from '@drover/errors';
import jsonPatch from 'fast-json-patch';
import { maxDepth } from './json-fields.ts';
import { isRecord } from './object.ts';

/** The media type of server-side apply. */
export const applyType = 'application/apply-patch+yaml';

/** The media types of patches that are understood. */
export const patchTypes: readonly string[] = ['application/json-patch+json', 'application/merge-patch+json', applyType];

/** At most so many operations in one JSON patch, as in Kubernetes: each may copy the whole document. */
const maxOperations = 10_000;

/** `document` (which is left alone) after a patch of the given media type. Throws `bad-request`, `too-large`, `invalid`. */
export function applyPatch(mediaType: string, document: unknown, patch: unknown): unknown {
  if (mediaType === 'application/merge-patch+json') {
    if (typeof patch !== 'object' || patch === null) throw new DroverError('bad-request', 'Invalid JSON Patch');
    return mergePatch(document, patch, 0);
  }
  if (!Array.isArray(patch)) {
    const found = patch !== null && typeof patch === 'object' ? 'object' : typeof patch;
    throw new DroverError('bad-request', `json: cannot unmarshal ${found} into Go value of type jsonpatch.Patch`);
  }
  if (patch.length > maxOperations) {
    const found = `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`;
    throw new DroverError('too-large', `Request entity too large: ${found}`);
  }
  try {
    return jsonPatch.applyPatch(structuredClone(document), patch, true, true, true).newDocument;
  } catch (cause) {
    // Why is not told: neither does kube-apiserver, and the reason would repeat the whole document.
    throw new DroverError('invalid', 'the server rejected our request due to an error in our request', {
      details: { status: {} },
      cause,
    });
  }
}

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown, depth: number): unknown {
  if (!isRecord(patch)) return patch;
  if (depth > maxDepth) throw new DroverError('bad-request', `a merge patch is at most ${maxDepth} levels deep`);
  const merged = new Map(Object.entries(isRecord(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value, depth + 1));
  }
  return Object.fromEntries(merged);
}
