import { groupVersion, type ResourceType } from './resource-type.ts';

/** What the paths `/api`, `/apis`, `/apis/<group>` and `/apis/<group>/<version>` answer. */
export interface Discovery {
  /** The document of a path, or undefined. */
  find(path: string): unknown;
}

/** Builds the discovery documents of the resources that offer a verb. (KEP-3352 aggregates them; clients fall back to these.) */
export function discoveryOf(types: readonly ResourceType[]): Discovery {
  const served = types.filter(type => type.verbs.length > 0);
  const groups = [...new Set(served.map(type => type.group))].map(group => {
    const versions = [...new Set(served.filter(type => type.group === group).map(groupVersion))].map(gv => ({
      groupVersion: gv,
      version: gv.slice(gv.indexOf('/') + 1),
    }));
    return { name: group, versions, preferredVersion: versions[0] };
  });
  const documents = new Map<string, unknown>([
    ['/api', { kind: 'APIVersions', versions: [], serverAddressByClientCIDRs: [] }],
    ['/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups }],
  ]);
  for (const group of groups) {
    documents.set(`/apis/${group.name}`, { kind: 'APIGroup', apiVersion: 'v1', ...group });
    for (const version of group.versions) {
      const resources = served.filter(type => groupVersion(type) === version.groupVersion).flatMap(entriesOf);
      const list = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: version.groupVersion, resources };
      documents.set(`/apis/${version.groupVersion}`, list);
    }
  }
  return { find: path => documents.get(path) };
}

function entriesOf(type: ResourceType): unknown[] {
  const { plural, singular, namespaced, kind, verbs, shortNames } = type;
  const entry = { name: plural, singularName: singular, namespaced, kind, verbs, shortNames };
  if (!type.status) return [entry];
  const statusVerbs = verbs.filter(verb => verb === 'get' || verb === 'update' || verb === 'patch');
  return [entry, { name: `${plural}/status`, singularName: '', namespaced, kind, verbs: statusVerbs }];
}
