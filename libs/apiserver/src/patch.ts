import { DroverError } from '@drover/errors';
import jsonPatch from 'fast-json-patch';
import { isRecord } from './object.ts';

/** The media types of patches that are understood. */
export const patchTypes: readonly string[] = ['application/merge-patch+json', 'application/json-patch+json'];

/** At most so many operations in one JSON patch, as in Kubernetes: each may copy the whole document. */
const maxOperations = 10_000;

/** Deeper merge patches are refused before they exhaust the stack. */
const maxDepth = 64;

/** `document` (which is left alone) after a patch of the given media type. Throws `bad-request`, `invalid`. */
export function applyPatch(mediaType: string, document: unknown, patch: unknown): unknown {
  if (mediaType === 'application/merge-patch+json') return mergePatch(document, patch, 0);
  if (!Array.isArray(patch)) throw new DroverError('bad-request', 'a JSON patch is a list of operations');
  if (patch.length > maxOperations)
    throw new DroverError('too-large', `a JSON patch has at most ${maxOperations} operations`);
  try {
    return jsonPatch.applyPatch(structuredClone(document), patch, true, true, true).newDocument;
  } catch (error) {
    // Its message repeats the whole document: only the operation's number and the error's name are told.
    const name =
      error instanceof jsonPatch.JsonPatchError ? `${error.name} in operation ${error.index ?? 0}` : 'malformed';
    throw new DroverError('invalid', `the server rejected our request due to an error in our request: ${name}`, {
      cause: error,
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
