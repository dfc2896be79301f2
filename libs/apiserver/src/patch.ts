import { DroverError } from '@drover/errors';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { maxDepth } from './json-fields.ts';
import { isRecord } from './object.ts';
import { maxBodyBytes } from './request-body.ts';

/** The media type of server-side apply. */
export const applyType = 'application/apply-patch+yaml';

/** The media types of patches that are understood. */
export const patchTypes: readonly string[] = ['application/json-patch+json', 'application/merge-patch+json', applyType];

/** At most so many operations in one JSON patch, as in Kubernetes: each may copy the whole document. */
const maxOperations = 10_000;

/**
 * The `copy` operations of one JSON patch may copy so much together, as in Kubernetes: each can double the document, and
 * thirty of them would fill any memory.
 */
const maxCopiedCharacters = maxBodyBytes;

/** `document` (which is left alone) after a patch of the given media type. Throws `bad-request`, `too-large`, `invalid`. */
export function applyPatch(mediaType: string, document: unknown, patch: unknown): unknown {
  const patched = patchedBy(mediaType, document, patch);
  if (isTooDeep(patched)) throw new DroverError('bad-request', `an object is at most ${maxDepth} levels deep`);
  return patched;
}

function patchedBy(mediaType: string, document: unknown, patch: unknown): unknown {
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
    return applyOperations(document, patch);
  } catch (cause) {
    if (cause instanceof DroverError) throw cause;
    // Why is not told: neither does kube-apiserver, and the reason would repeat the whole document.
    throw new DroverError('invalid', 'the server rejected our request due to an error in our request', {
      details: { status: {} },
      cause,
    });
  }
}

/**
 * The document after the operations. `copy` and `move` are done as RFC 6902 defines them, by `add` and `remove`: the library
 * clones the whole document to see whether their source is there, and ten thousand of them would take minutes.
 */
function applyOperations(document: unknown, patch: readonly unknown[]): unknown {
  let current = structuredClone(document);
  let copied = 0;
  const transferred = (from: unknown): unknown => {
    const value: unknown = typeof from === 'string' ? jsonPatch.getValueByPointer(current, from) : undefined;
    if (value === undefined) throw new TypeError('`from` is not there');
    return value;
  };
  const apply = (operation: Operation): void => {
    current = jsonPatch.applyOperation(current, operation, true, true, true).newDocument;
  };
  for (const operation of patch) {
    const { op, from, path } = isRecord(operation) ? operation : {};
    if (op === 'copy') {
      const value = transferred(from);
      copied += JSON.stringify(value).length;
      if (copied > maxCopiedCharacters) {
        throw new DroverError(
          'too-large',
          `Request entity too large: the patch copies more than ${maxCopiedCharacters} bytes`,
        );
      }
      apply({ op: 'add', path: String(path), value: structuredClone(value) });
    } else if (op === 'move') {
      const value = transferred(from);
      if (String(path).startsWith(`${from}/`)) throw new TypeError('nothing moves into itself');
      apply({ op: 'remove', path: String(from) });
      apply({ op: 'add', path: String(path), value });
    } else apply(operation as Operation);
  }
  return current;
}

/** By levels, and not by recursion, which a deep value would exhaust. */
function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return true;
    level = level.flatMap(one => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
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
