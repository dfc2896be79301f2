import { DroverError } from '@drover/errors';
import { isRecord } from '../object.ts';
import { groupVersion, type ResourceType } from '../resource-type.ts';
import { itemElement, itemStructure } from './list-items.ts';
import { objectStructure } from './object-structure.ts';
import { fieldElement, type PathElement, pathText } from './path-element.ts';
import { formOf, type Structure } from './structure.ts';

/** What somebody applies: as much of an object as he decides on. */
export type Configuration = Readonly<Record<string, unknown>>;

/** Which object a request is about. */
export interface Target {
  readonly type: ResourceType;
  readonly name: string;
  readonly namespace: string | undefined;
}

/**
 * The body of an apply as a configuration of the object that the URL names, refused in kube-apiserver's words where it is
 * none. (Those that kube-apiserver calls its own failure, 500, are a `bad-request` here: they are in the body.)
 */
export function readConfiguration(target: Target, body: unknown = {}): Configuration {
  const { type } = target;
  if (!isRecord(body)) {
    const found = Array.isArray(body) ? 'array' : typeof body;
    throw new DroverError('bad-request', `error decoding YAML: json: cannot unmarshal ${found} into an object`);
  }
  const [apiVersion, kind] = [textOf(body['apiVersion']), textOf(body['kind'])];
  if (apiVersion !== groupVersion(type) || kind !== type.kind) {
    throw new DroverError('bad-request', `invalid object type: ${versionKind(apiVersion, kind)}`);
  }
  const metadata = isRecord(body['metadata']) ? body['metadata'] : {};
  if (Array.isArray(metadata['managedFields']))
    throw new DroverError('bad-request', 'metadata.managedFields must be nil');
  const mistakes = mistakesIn(type, body);
  if (mistakes.length > 0) {
    const [namespace, name] = [textOf(metadata['namespace']), textOf(metadata['name'])];
    const what = `${namespace}/${name}; ${versionKind(apiVersion, kind)}`;
    const list = mistakes.length === 1 ? mistakes[0] : `errors:\n${mistakes.map(text => `  ${text}`).join('\n')}`;
    throw new DroverError('bad-request', `failed to create typed patch object (${what}): ${list}`);
  }
  checkNames(target, metadata);
  return body;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** As Go prints a GroupVersionKind. */
const versionKind = (apiVersion: string, kind: string): string =>
  `${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}`;

function checkNames({ name, namespace }: Target, metadata: Record<string, unknown>): void {
  const given = textOf(metadata['name']);
  if (given !== '' && given !== name) {
    const both = `(${given}) does not match the name on the URL (${name})`;
    throw new DroverError('bad-request', `the name of the object ${both}`);
  }
  const givenNamespace = textOf(metadata['namespace']);
  if (givenNamespace !== '' && givenNamespace !== (namespace ?? '')) {
    const both = `(${givenNamespace}) does not match the namespace on the URL (${namespace ?? ''})`;
    throw new DroverError('bad-request', `the namespace of the object ${both}`);
  }
}

/** At most so many mistakes are told: the rest are of the same kind as a rule, and an answer is not a log. */
const maxMistakes = 20;

/** Fields that an object may have and nobody owns. */
const serversFields = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'managedFields',
]);

/** What cannot be merged: fields that no schema knows, values of another type, items that are twice. */
function mistakesIn(type: ResourceType, body: Configuration): string[] {
  const mistakes: string[] = [];
  const path: PathElement[] = [];
  visit(objectStructure(type), body);
  return mistakes;

  function visit(declared: Structure, found: unknown): void {
    if (mistakes.length >= maxMistakes) return;
    const form = formOf(declared, found);
    if (form.kind !== declared.kind) {
      mistakes.push(`${pathText(path)}: expected ${declared.kind === 'object' ? 'map' : 'list'}, got ${goType(found)}`);
    } else if (form.kind === 'object') {
      for (const [name, item] of isRecord(found) ? Object.entries(found) : []) {
        const field = form.fields.get(name) ?? form.others;
        if (field !== undefined) step(fieldElement(name), field, item);
        else if (!isServers(name))
          mistakes.push(`${pathText([...path, fieldElement(name)])}: field not declared in schema`);
      }
    } else if (form.kind === 'leaf') {
      const { scalar } = form;
      if (scalar !== undefined && found !== null && typeof found !== scalar) {
        const expected = scalar === 'number' ? 'numeric (int or float)' : scalar;
        mistakes.push(`${pathText(path)}: expected ${expected}, got ${goType(found)}`);
      }
    } else {
      const seen = new Set<PathElement>();
      for (const [place, item] of Array.isArray(found) ? found.entries() : []) {
        const element = itemElement(form, item);
        if (element === undefined) mistakes.push(`${pathText(path)}: element ${place}: ${keyless(form, item)}`);
        else if (seen.has(element))
          mistakes.push(`${pathText(path)}: duplicate entries for key ${pathText([element])}`);
        else {
          seen.add(element);
          step(element, itemStructure(form), item);
        }
      }
    }
  }

  function step(element: PathElement, declared: Structure, found: unknown): void {
    path.push(element);
    visit(declared, found);
    path.pop();
  }

  function isServers(name: string): boolean {
    if (path.length === 0) return name === 'apiVersion' || name === 'kind';
    return path.length === 1 && path[0] === fieldElement('metadata') && serversFields.has(name);
  }
}

function keyless(form: Structure, item: unknown): string {
  if (form.kind !== 'list' || !isRecord(item)) return 'associative list with keys may not have non-map elements';
  const missing = form.keys.find(key => (item[key] ?? form.defaults[key]) === undefined) ?? '';
  return `associative list with keys has an element that omits key field ${JSON.stringify(missing)} (and doesn't have default value)`;
}

const goType = (value: unknown): string => (Array.isArray(value) ? 'list' : isRecord(value) ? 'map' : typeof value);
