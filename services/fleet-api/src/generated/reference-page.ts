import type { Column, ResourceType } from '@drover/apiserver';
import type { Schema } from '@drover/contracts';
import { allResources } from '../resources/index.ts';

const head = `<!-- Made by \`npm run generate\` from the declarations of the hub’s resources; do not edit. -->

# Reference: the hub's objects

Everything that the hub serves at \`https://HUB/apis\`, as kubectl knows it. \`kubectl explain KIND --recursive\` says the same of a running
hub; [k8s/crds/](../k8s/crds/) has the same schemas as CustomResourceDefinitions.`;

/** docs/reference.md: every kind that the hub serves, with every field. */
export function referencePage(): string {
  const served = allResources.filter(type => type.verbs.length > 0);
  const contents = served.map(
    ({ kind, description = '' }) => `| [${kind}](#${kind.toLowerCase()}) | ${cell(description)} |`,
  );
  return `${[head, ['| kind | what it is |', '| --- | --- |', ...contents].join('\n'), ...served.map(sectionOf)].join('\n\n')}\n`;
}

function sectionOf(type: ResourceType): string {
  const {
    group,
    version,
    kind,
    plural,
    shortNames,
    categories = [],
    selectableFields = [],
    fields,
    required = [],
  } = type;
  const facts: [string, string][] = [
    ['apiVersion', `\`${group === '' ? version : `${group}/${version}`}\``],
    ['names for kubectl', [plural, type.singular, ...shortNames].map(code).join(', ')],
    ['listed by', categories.map(name => code(`kubectl get ${name}`)).join(', ')],
    ['scope', type.namespaced ? 'namespace' : 'hub'],
    ['verbs', type.verbs.join(', ')],
    ['subresources', type.status ? code('status') : ''],
    ['field selectors', selectableFields.map(code).join(', ')],
    ['columns', type.columns.map(columnName).join(', ')],
  ];
  const rows = Object.entries(fields).flatMap(([name, schema]) => rowsOf(name, schema, required.includes(name)));
  return [
    `## ${kind}`,
    type.description ?? '',
    ['| | |', '| --- | --- |', ...facts.filter(([, text]) => text !== '').map(row => `| ${row.join(' | ')} |`)].join(
      '\n',
    ),
    ...(rows.length === 0 ? [] : [['| field | type | what it is |', '| --- | --- | --- |', ...rows].join('\n')]),
  ].join('\n\n');
}

const columnName = ({ name, priority = 0 }: Column): string => (priority === 0 ? name : `${name} (wide)`);
const code = (text: string): string => `\`${text}\``;
/** Text in a table's cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** A field and the fields below it, a line each. */
function rowsOf(path: string, schema: Schema, isRequired: boolean): string[] {
  const said = [schema.description ?? '', ...limitsOf(schema)].filter(text => text !== '').join(' ');
  const type = `${typeOf(schema)}${isRequired ? ', required' : ''}`;
  return [`| ${code(path)} | ${cell(type)} | ${cell(said)} |`, ...below(path, schema)];
}

function below(path: string, schema: Schema): string[] {
  if (schema.type === 'array') return below(`${path}[]`, schema.items);
  if (schema.type !== 'object') return [];
  const { properties = {}, required = [], additionalProperties } = schema;
  return [
    ...Object.entries(properties).flatMap(([name, one]) => rowsOf(`${path}.${name}`, one, required.includes(name))),
    ...(additionalProperties === undefined ? [] : below(`${path}.<key>`, additionalProperties)),
  ];
}

function typeOf(schema: Schema): string {
  switch (schema.type) {
    case 'array':
      return `list of ${typeOf(schema.items)}`;
    case 'object':
      return schema.additionalProperties === undefined ? 'object' : `map of ${typeOf(schema.additionalProperties)}`;
    case 'string':
      return schema.format ?? 'string';
    case undefined:
      return schema['x-kubernetes-int-or-string'] ? 'integer or string' : 'any JSON';
    default:
      return schema.type;
  }
}

/** What a schema demands of a value, in words. */
function limitsOf(schema: Schema): string[] {
  const { default: given } = schema;
  const said: string[] = [];
  if (given !== undefined) said.push(`Default: ${code(JSON.stringify(given))}.`);
  if ('enum' in schema && schema.enum) said.push(`One of ${schema.enum.map(one => code(String(one))).join(', ')}.`);
  if (schema.type === 'string') {
    if (schema.pattern !== undefined) said.push(`Matches ${code(schema.pattern)}.`);
    said.push(...range(schema.minLength, schema.maxLength, 'characters'));
  }
  if (schema.type === 'array') {
    said.push(...range(schema.minItems, schema.maxItems, 'items'));
    const keys = schema['x-kubernetes-list-map-keys'];
    if (keys) said.push(`One item for each ${keys.map(code).join(' and ')}.`);
    if (schema['x-kubernetes-list-type'] === 'set') said.push('Each item once.');
    said.push(...limitsOf(schema.items).map(text => `Items: ${text}`));
  }
  if (schema.type === 'integer' || schema.type === 'number') said.push(...range(schema.minimum, schema.maximum, ''));
  return said;
}

function range(least: number | undefined, most: number | undefined, unit: string): string[] {
  const words = [
    ...(least === undefined ? [] : [`at least ${least}`]),
    ...(most === undefined ? [] : [`at most ${most}`]),
  ];
  if (words.length === 0) return [];
  const text = words.join(', ');
  return [`${text.charAt(0).toUpperCase()}${text.slice(1)}${unit === '' ? '' : ` ${unit}`}.`];
}
