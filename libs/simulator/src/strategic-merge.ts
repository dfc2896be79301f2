import { DroverError } from '@drover/errors';

type Fields = Readonly<Record<string, unknown>>;

/** By which field the items of a list are told apart, by the list's name: Kubernetes' own kinds agree on them. */
const mergeKeys: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ['containers', 'initContainers', 'ephemeralContainers', 'volumes', 'env', 'imagePullSecrets', 'secrets'].map(
      list => [list, ['name']],
    ),
  ),
  ports: ['containerPort', 'port'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  conditions: ['type'],
  addresses: ['type'],
  taints: ['key'],
  hostAliases: ['ip'],
  topologySpreadConstraints: ['topologyKey'],
  ownerReferences: ['uid'],
};
/** Lists of texts that are added to. */
const sets: ReadonlySet<string> = new Set(['finalizers']);
const maxDepth = 100;

/**
 * `target` (which is left alone) after a strategic merge patch, the patch that kubectl sends for Kubernetes' own kinds.
 * What it says of the order of items is not followed: new ones come last. Throws `bad-request`.
 */
export function strategicMerge(target: unknown, patch: unknown, depth = 0): unknown {
  if (!isFields(patch)) return patch;
  if (depth > maxDepth) throw new DroverError('bad-request', `a patch is at most ${maxDepth} levels deep`);
  const { $patch: directive, $retainKeys: retained, ...changes } = patch;
  if (directive === 'replace') return changes;
  if (directive === 'delete') return {};
  const merged = new Map(Object.entries(isFields(target) ? target : {}));
  if (Array.isArray(retained)) for (const name of [...merged.keys()]) if (!retained.includes(name)) merged.delete(name);
  for (const [name, value] of Object.entries(changes)) {
    const [command = '', list] = name.split('/', 2);
    if (command === '$setElementOrder') continue;
    if (command === '$deleteFromPrimitiveList' && list !== undefined) {
      const gone = new Set(itemsOf(value));
      merged.set(
        list,
        itemsOf(merged.get(list)).filter(item => !gone.has(item)),
      );
    } else if (value === null) merged.delete(name);
    else if (Array.isArray(value)) merged.set(name, mergedList(name, itemsOf(merged.get(name)), value, depth + 1));
    else merged.set(name, strategicMerge(merged.get(name), value, depth + 1));
  }
  return Object.fromEntries(merged);
}

function mergedList(name: string, current: readonly unknown[], patch: readonly unknown[], depth: number): unknown[] {
  if (sets.has(name)) return [...new Set([...current, ...patch])];
  const replaces = patch.some(item => isFields(item) && item['$patch'] === 'replace');
  const key = mergeKeys[name]?.find(one => patch.some(item => isFields(item) && one in item));
  if (replaces || key === undefined) return patch.filter(item => !isFields(item) || item['$patch'] === undefined);
  // By key, and not by looking through the list for each change: both may have a hundred thousand items.
  const items = new Map<unknown, unknown>();
  for (const item of current) items.set(isFields(item) ? item[key] : item, item);
  for (const change of patch) {
    if (!isFields(change)) continue;
    const name = change[key];
    if (change['$patch'] === 'delete') items.delete(name);
    else items.set(name, strategicMerge(items.get(name), change, depth));
  }
  return [...items.values()];
}

const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
