import { DroverError } from '@drover/errors';
import type { KeptObject } from './kept-object.ts';
import type { ApiObject } from './object.ts';

/** Whether an object is meant. */
export type Selector = (object: ApiObject) => boolean;

/** The {@link Selector} of those who see everything. */
export const everything: Selector = () => true;

/** Whether an object is meant, told by what is kept beside its bytes. */
export type Choice = (object: KeptObject) => boolean;

const requirement =
  /^\s*(?:(!)\s*([^\s=!,()]+)|([^\s=!,()]+)(?:\s*(==|=|!=)\s*([^\s=!,()]*)|\s+(in|notin)\s*\(([^()]*)\))?)\s*(?:,|$)/;

/** Parses a label selector: `a=b,c==d,e!=f,g in (h,i),j notin (k),l,!m`. Throws `bad-request`. */
export function parseLabelSelector(text: string): Choice {
  const tests: ((labels: Readonly<Record<string, string>>) => boolean)[] = [];
  for (let rest = text; rest.trim() !== ''; ) {
    const match = requirement.exec(rest);
    if (match === null) throw new DroverError('bad-request', `unable to parse requirement: ${JSON.stringify(rest)}`);
    const [whole, , absent, key = '', equality, value = '', membership, list = ''] = match;
    const values = new Set(list.split(',').map(item => item.trim()));
    if (absent !== undefined) tests.push(labels => !Object.hasOwn(labels, absent));
    else if (equality === '!=') tests.push(labels => labels[key] !== value);
    else if (equality !== undefined) tests.push(labels => labels[key] === value);
    else if (membership === 'in') tests.push(labels => values.has(labels[key] ?? '') && Object.hasOwn(labels, key));
    else if (membership === 'notin')
      tests.push(labels => !Object.hasOwn(labels, key) || !values.has(labels[key] ?? ''));
    else tests.push(labels => Object.hasOwn(labels, key));
    rest = rest.slice(whole.length);
  }
  return ({ labels }) => tests.every(test => test(labels));
}

/** Parses a field selector; `metadata.name` and `metadata.namespace` with `=`, `==` and `!=`. Throws `bad-request`. */
export function parseFieldSelector(text: string): Choice {
  const tests = text
    .split(',')
    .filter(part => part.trim() !== '')
    .map((part): Choice => {
      const match = /^\s*([^=!\s]+)\s*(==|=|!=)\s*([^=!\s]*)\s*$/.exec(part);
      if (match === null) throw new DroverError('bad-request', `invalid field selector: ${JSON.stringify(part)}`);
      const [, field, operator, value] = match;
      const equal = operator !== '!=';
      if (field === 'metadata.name') return object => (object.name === value) === equal;
      if (field === 'metadata.namespace') return object => (object.namespace === value) === equal;
      throw new DroverError('bad-request', `field label not supported: ${field}`);
    });
  return object => tests.every(test => test(object));
}
