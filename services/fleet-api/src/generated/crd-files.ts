import { crdOf } from '@drover/apiserver';
import { stringify } from 'yaml';
import { allResources } from '../resources/index.ts';

const head = '# Made by `npm run generate` from the declarations of the hub’s resources; do not edit.\n';

/** The CustomResourceDefinitions of everything that the hub serves: file names in k8s/crds/, and what they hold. */
export function crdFiles(): ReadonlyMap<string, string> {
  // Those of the core group every cluster has already.
  const served = allResources.filter(type => type.verbs.length > 0 && type.group !== '');
  return new Map(
    served.map(type => {
      const definition = stringify(crdOf(type), { aliasDuplicateObjects: false, lineWidth: 120 });
      return [`${type.group}_${type.plural}.yaml`, head + definition];
    }),
  );
}
