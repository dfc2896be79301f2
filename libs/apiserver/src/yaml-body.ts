import { DroverError } from '@drover/errors';
import { isMap, isScalar, parseDocument, visit } from 'yaml';
import { maxFieldErrors, pathTold } from './field-errors.ts';
import { maxDepth } from './json-fields.ts';
import type { Body } from './request-body.ts';

/** An alias is expanded so often at most: a few lines of YAML must not become gigabytes. */
const maxAliases = 100;

/** Left out of YAML 1.1: kube-apiserver reads them as the strings that they are written as. */
const notInKubernetes = new Set(
  ['timestamp', 'binary', 'omap', 'pairs', 'set'].map(name => `tag:yaml.org,2002:${name}`),
);

/** Longer YAML is refused: it takes a second to read where JSON of that size takes two milliseconds, and nobody else is served. */
const maxYamlBytes = 128 * 1024;

/** Reads a body of YAML as kube-apiserver does: one document of YAML 1.1. Throws what the parser says. */
export function parseYaml(text: string): Body {
  if (text.length > maxYamlBytes) {
    throw new DroverError('too-large', `Request entity too large: limit is ${maxYamlBytes} bytes for YAML; send JSON`);
  }
  const document = parseDocument(text, {
    version: '1.1',
    uniqueKeys: false,
    logLevel: 'silent',
    customTags: tags => tags.filter(tag => typeof tag === 'string' || !notInKubernetes.has(tag.tag)),
  });
  const [error] = document.errors;
  if (error !== undefined) throw new Error(`yaml: ${error.message.split('\n', 1)[0]?.replace(/:$/, '')}`);
  const duplicates: string[] = [];
  visit(document, (_key, node, path) => {
    if (path.length > 3 * maxDepth) throw new DroverError('bad-request', 'yaml: exceeded max depth');
    if (isMap(node) && duplicates.length < maxFieldErrors) duplicates.push(...repeatedKeys(node.items, text));
  });
  try {
    // Through JSON: what JSON cannot say (.inf, keys that are no strings) is not in an object.
    const value: unknown = JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: maxAliases })) ?? 'null');
    const problem = `yaml: unmarshal errors:\n${duplicates.join('\n')}`;
    return { value, duplicates: duplicates.length === 0 ? [] : [problem] };
  } catch (cause) {
    throw new DroverError('bad-request', 'yaml: document contains excessive aliasing', { cause });
  }
}

function repeatedKeys(pairs: readonly { readonly key: unknown }[], text: string): string[] {
  const seen = new Set<string>();
  const repeated: string[] = [];
  for (const { key } of pairs) {
    if (!isScalar(key) || repeated.length >= maxFieldErrors) continue;
    const name = String(key.value);
    if (seen.has(name)) {
      const line = text.slice(0, key.range?.[0] ?? 0).split('\n').length;
      repeated.push(`  line ${line}: key ${JSON.stringify(pathTold(name))} already set in map`);
    }
    seen.add(name);
  }
  return repeated;
}
