import { DroverError } from '@drover/errors';
import type { KeptObject } from './kept-object.ts';
import type { ResourceType } from './resource-type.ts';

/** One term of a field selector. */
interface Term {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

/**
 * Reads a field selector, `metadata.name=a,spec.user!=b`, in the grammar and with the errors of
 * k8s.io/apimachinery/pkg/fields. Of a resource it knows the name, the namespace where it has one, and what its
 * declaration makes selectable (KEP-4358). Throws `bad-request`.
 */
export function parseFieldSelector(text: string, type: ResourceType): (object: KeptObject) => boolean {
  // As with kube-apiserver, what names no field and no value means everything.
  const terms = termsOf(text).filter(({ field, value }) => field !== '' || value !== '');
  const tests = terms.map(({ field, equal, value }) => {
    const of = readerOf(field, type);
    return (object: KeptObject): boolean => (of(object) === value) === equal;
  });
  return object => tests.every(test => test(object));
}

function readerOf(field: string, type: ResourceType): (object: KeptObject) => string {
  if (field === 'metadata.name') return object => object.name;
  if (field === 'metadata.namespace' && type.namespaced) return object => object.namespace;
  if (type.selectableFields?.includes(field)) return object => object.field(field);
  throw new DroverError('bad-request', `field label not supported: ${field}`);
}

const term = /^(?<field>.*?)(?<operator>!=|==|=)(?<value>.*)$/s;

function termsOf(text: string): Term[] {
  return splitAtCommas(text)
    .filter(part => part !== '')
    .map(part => {
      const { field = '', operator, value = '' } = term.exec(part)?.groups ?? {};
      if (operator === undefined) {
        throw new DroverError('bad-request', `invalid selector: '${text}'; can't understand '${part}'`);
      }
      return { field, equal: operator !== '!=', value: unescaped(value) };
    });
}

/** A comma after a backslash belongs to the value. */
function splitAtCommas(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === ',') {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

/** `\\`, `\,` and `\=` stand for what is behind the backslash; bare ones must not be in a value. */
function unescaped(value: string): string {
  let plain = '';
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at);
    if (character === '\\') {
      const escaped = value.charAt(++at);
      if (!['\\', ',', '='].includes(escaped)) {
        throw new DroverError('bad-request', `invalid field selector: invalid escape sequence: \\${escaped}`);
      }
      plain += escaped;
    } else if (character === '=') {
      throw new DroverError('bad-request', `invalid field selector: unescaped character in value: ${character}`);
    } else plain += character;
  }
  return plain;
}
