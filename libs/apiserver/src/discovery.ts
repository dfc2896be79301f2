import { type Documents, documentOf } from './documents.ts';
import { groupVersion, type ResourceType, type Verb } from './resource-type.ts';

/** What a status subresource offers of the resource's verbs. */
const statusVerbs: readonly Verb[] = ['get', 'patch', 'update'];

/**
 * What `/api`, `/apis` and the paths of groups and versions below them answer. The two roots also have the aggregated form
 * (KEP-3352), in which a client learns everything with one request, or with none where its ETag still holds.
 */
export function discoveryOf(types: readonly ResourceType[]): ReadonlyMap<string, Documents> {
  const served = types.filter(type => type.verbs.length > 0);
  const core = versionsOf(served.filter(type => type.group === ''));
  const groups = [...new Set(served.map(type => type.group))]
    .filter(group => group !== '')
    .map(name => ({ name, versions: versionsOf(served.filter(type => type.group === name)) }));
  const documents = new Map<string, Documents>();
  documents.set('/api', [
    documentOf({
      kind: 'APIVersions',
      versions: core.map(({ version }) => version),
      // Everybody comes by the same address as now.
      serverAddressByClientCIDRs: [],
    }),
    ...aggregated(core.length === 0 ? [] : [{ name: '', versions: core }]),
  ]);
  const list = groups.map(({ name, versions }) => {
    const named = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions: named, preferredVersion: named[0] };
  });
  documents.set('/apis', [documentOf({ kind: 'APIGroupList', apiVersion: 'v1', groups: list }), ...aggregated(groups)]);
  for (const group of list) {
    documents.set(`/apis/${group.name}`, [documentOf({ kind: 'APIGroup', apiVersion: 'v1', ...group })]);
  }
  for (const { version, resources } of [...core, ...groups.flatMap(group => group.versions)]) {
    const [first] = resources;
    if (first === undefined) continue;
    const path = `${first.group === '' ? '/api' : '/apis'}/${groupVersion(first)}`;
    documents.set(path, [
      documentOf({
        kind: 'APIResourceList',
        ...(first.group === '' ? {} : { apiVersion: 'v1' }),
        groupVersion: first.group === '' ? version : groupVersion(first),
        resources: resources.flatMap(entriesOf),
      }),
    ]);
  }
  return documents;
}

/** A version of a group and what is in it. */
interface ServedVersion {
  readonly version: string;
  readonly resources: readonly ResourceType[];
}

const versionsOf = (types: readonly ResourceType[]): readonly ServedVersion[] =>
  [...new Set(types.map(type => type.version))].map(version => ({
    version,
    resources: types.filter(type => type.version === version),
  }));

function entriesOf(type: ResourceType): unknown[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = type;
  const entry = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories === undefined ? {} : { categories }),
  };
  if (!type.status) return [entry];
  return [entry, { name: `${plural}/status`, singularName: '', namespaced, kind, verbs: offered(type, statusVerbs) }];
}

const offered = (type: ResourceType, verbs: readonly Verb[]): readonly Verb[] =>
  verbs.filter(verb => type.verbs.includes(verb));

/** The aggregated form, in both versions in which clients ask for it (kubectl 1.26 to 1.29 knows v2beta1 only). */
function aggregated(groups: readonly { name: string; versions: readonly ServedVersion[] }[]) {
  const items = groups.map(({ name, versions }) => ({
    metadata: { ...(name === '' ? {} : { name }), creationTimestamp: null },
    versions: versions.map(({ version, resources }) => ({
      version,
      resources: resources.map(aggregatedEntry),
      freshness: 'Current',
    })),
  }));
  return ['v2', 'v2beta1'].map(version =>
    documentOf(
      { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items },
      `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    ),
  );
}

function aggregatedEntry(type: ResourceType): unknown {
  const { group, version, kind, plural, singular, namespaced, shortNames, categories } = type;
  const responseKind = { group, version, kind };
  return {
    resource: plural,
    responseKind,
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: type.verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories === undefined ? {} : { categories }),
    ...(type.status
      ? { subresources: [{ subresource: 'status', responseKind, verbs: offered(type, statusVerbs) }] }
      : {}),
  };
}
