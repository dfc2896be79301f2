import { DroverError } from '@drover/errors';
import { maxFieldErrors, pathTold } from './field-errors.ts';

/**
 * Deeper bodies are refused: everything that walks an object recurses. No object of Kubernetes is deeper than a few tens
 * of levels.
 */
export const maxDepth = 512;

interface Level {
  /** The fields so far; undefined: an array. */
  readonly fields: Set<string> | undefined;
  name: string;
  index: number;
}

/**
 * The paths of the first fields that an object of `text` has twice, as kube-apiserver names them: `spec.ports[0].name`. `text` is
 * JSON. Throws `bad-request` where it is too deep.
 */
export function duplicateFields(text: string): string[] {
  const found = new Set<string>();
  let repeats = 0;
  const levels: Level[] = [];
  let atName = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: {
        const end = endOfString(text, at);
        const level = levels.at(-1);
        if (atName && level?.fields !== undefined) {
          const name: string = JSON.parse(text.slice(at, end + 1));
          level.name = name;
          if (level.fields.has(name) && repeats++ < maxFieldErrors) found.add(pathTold(pathOf(levels)));
          level.fields.add(name);
          atName = false;
        }
        at = end;
        break;
      }
      case 0x7b:
        levels.push({ fields: new Set(), name: '', index: 0 });
        atName = true;
        break;
      case 0x5b:
        levels.push({ fields: undefined, name: '', index: 0 });
        atName = false;
        break;
      case 0x7d:
      case 0x5d:
        levels.pop();
        atName = false;
        break;
      case 0x2c: {
        const level = levels.at(-1);
        if (level?.fields !== undefined) atName = true;
        else if (level !== undefined) level.index++;
        break;
      }
    }
    if (levels.length > maxDepth) throw new DroverError('bad-request', 'json: exceeded max depth');
  }
  return [...found];
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === 0x5c) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

const pathOf = (levels: readonly Level[]): string =>
  levels.reduce((path, { fields, name, index }) => {
    if (fields === undefined) return `${path}[${index}]`;
    return path === '' ? name : `${path}.${name}`;
  }, '');
