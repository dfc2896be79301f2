import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DroverError } from '@drover/errors';
import fc from 'fast-check';
import type { ApiObject } from '../object.ts';
import { allVerbs, type ResourceType } from '../resource-type.ts';
import { applied, managedAfterUpdate } from './field-manager.ts';
import type { MergeSchema } from './structure.ts';

const spec: MergeSchema = {
  type: 'object',
  properties: {
    size: { type: 'integer' },
    colour: { type: 'string' },
    plain: { type: 'array', items: { type: 'string' } },
    tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    ports: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name', 'protocol'],
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          protocol: { type: 'string', default: 'TCP' },
          port: { type: 'integer' },
          weight: { type: 'integer' },
        },
      },
    },
    limits: { type: 'object', additionalProperties: { type: 'string' } },
    whole: { type: 'object', additionalProperties: { type: 'string' }, 'x-kubernetes-map-type': 'atomic' },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};

const things: ResourceType = {
  group: 'example.dev',
  version: 'v1',
  kind: 'Thing',
  plural: 'things',
  singular: 'thing',
  shortNames: [],
  namespaced: false,
  verbs: allVerbs,
  status: true,
  hidden: ['secret'],
  fields: {
    spec: spec as ResourceType['fields'][string],
    status: { type: 'object', properties: { ready: { type: 'boolean' } } },
    secret: { type: 'string' },
  },
  columns: [],
};

type Spec = Record<string, unknown>;
type Thing = ApiObject & { spec?: Spec; status?: Spec };

const config = (fields: Spec | undefined, metadata: Record<string, unknown> = {}): Record<string, unknown> => ({
  apiVersion: 'example.dev/v1',
  kind: 'Thing',
  metadata: { name: 't', ...metadata },
  ...(fields === undefined ? {} : { spec: fields }),
});

const at = (second: number): number => Date.UTC(2026, 0, 1, 0, 0, second);

interface How {
  force?: boolean;
  subresource?: string;
  now?: number;
}

function apply(live: Thing | undefined, manager: string, wanted: Record<string, unknown>, how: How = {}): Thing {
  const { force = false, subresource, now = at(0) } = how;
  return applied(things, live, wanted, { manager, force, subresource }, now) as unknown as Thing;
}

function update(live: Thing | undefined, manager: string, next: Record<string, unknown>, how: How = {}): Thing {
  const { managedFields: _, ...metadata } = next['metadata'] as Record<string, unknown>;
  const requested = (next['metadata'] as Record<string, unknown>)['managedFields'];
  const { subresource, now = at(0) } = how;
  const object = { ...next, metadata } as unknown as Thing;
  const managedFields = managedAfterUpdate(things, live, object, requested, { manager, subresource }, now);
  return { ...object, metadata: { ...object.metadata, ...(managedFields === undefined ? {} : { managedFields }) } };
}

const owned = (thing: Thing, manager: string): unknown =>
  thing.metadata.managedFields?.find(entry => entry.manager === manager)?.fieldsV1;

function messageOf(work: () => unknown): { message: string; causes: unknown } {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof DroverError);
    assert.equal(error.code, 'conflict');
    return { message: error.message, causes: (error.details['status'] as { causes: unknown }).causes };
  }
  assert.fail('no conflict');
}

describe('server-side apply', () => {
  test('owns leaves, keys of maps and items of lists, and no metadata that the server sets', () => {
    const made = apply(
      undefined,
      'ann',
      config(
        {
          size: 1,
          plain: ['x'],
          tags: ['t'],
          ports: [{ name: 'http', port: 80 }],
          limits: { cpu: '1' },
          whole: { a: 'b' },
          free: { deep: { er: 1 }, list: [1] },
        },
        {
          labels: { app: 'x' },
          finalizers: ['example.dev/f'],
          uid: 'u',
          resourceVersion: '1',
          creationTimestamp: null,
        },
      ),
    );
    assert.deepEqual(made.metadata.managedFields, [
      {
        manager: 'ann',
        operation: 'Apply',
        apiVersion: 'example.dev/v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:finalizers': { 'v:"example.dev/f"': {} }, 'f:labels': { 'f:app': {} } },
          'f:spec': {
            'f:free': { 'f:deep': {}, 'f:list': {} },
            'f:limits': { 'f:cpu': {} },
            'f:plain': {},
            'f:ports': { 'k:{"name":"http","protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {} } },
            'f:size': {},
            'f:tags': { 'v:"t"': {} },
            'f:whole': {},
          },
        },
      },
    ]);
  });

  test('takes away what it applied before and leaves out now, unless somebody else has it', () => {
    const first = apply(undefined, 'ann', config({ size: 1, colour: 'red', limits: { cpu: '1', ram: '2' } }));
    const second = apply(first, 'bob', config({ colour: 'red' }));
    const third = apply(second, 'ann', config({ limits: { ram: '2' } }));
    assert.deepEqual(third.spec, { colour: 'red', limits: { ram: '2' } });
    assert.deepEqual(owned(third, 'bob'), { 'f:spec': { 'f:colour': {} } });
    const fourth = apply(third, 'bob', config(undefined));
    assert.deepEqual(fourth.spec, { limits: { ram: '2' } });
    assert.equal(owned(fourth, 'bob'), undefined);
    // The name stays when nothing else of `metadata` does.
    const labelled = apply(undefined, 'ann', config(undefined, { labels: { a: 'b' } }));
    assert.deepEqual(apply(labelled, 'ann', config(undefined)).metadata, { name: 't' });
  });

  test('tells who has a field with another value, and takes it by force', () => {
    const made = apply(undefined, 'ann', config({ size: 1, colour: 'red', ports: [{ name: 'http', port: 80 }] }));
    const one = messageOf(() => apply(made, 'bob', config({ size: 2 })));
    assert.equal(one.message, 'Apply failed with 1 conflict: conflict with "ann": .spec.size');
    assert.deepEqual(one.causes, [
      { reason: 'FieldManagerConflict', message: 'conflict with "ann"', field: '.spec.size' },
    ]);
    const edited = update(made, 'editor', { ...made, spec: { ...made.spec, colour: 'blue' } });
    const two = messageOf(() =>
      apply(edited, 'bob', config({ size: 2, colour: 'green', ports: [{ name: 'http', port: 81 }] })),
    );
    assert.equal(
      two.message,
      'Apply failed with 3 conflicts: conflicts with "ann":\n- .spec.size\n- .spec.ports[name="http",protocol="TCP"].port\n' +
        'conflicts with "editor" using example.dev/v1:\n- .spec.colour',
    );
    const forced = apply(edited, 'bob', config({ size: 2 }), { force: true });
    assert.equal(forced.spec?.['size'], 2);
    assert.deepEqual(owned(forced, 'ann'), {
      'f:spec': { 'f:ports': { 'k:{"name":"http","protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {} } } },
    });
  });

  test('merges lists by their type', () => {
    const made = apply(
      undefined,
      'ann',
      config({
        plain: ['a', 'b'],
        tags: ['a', 'b'],
        ports: [
          { name: 'a', port: 1 },
          { name: 'b', port: 2 },
        ],
      }),
    );
    const both = apply(
      made,
      'bob',
      config({
        tags: ['c', 'b'],
        ports: [
          { name: 'c', port: 3 },
          { name: 'b', weight: 9 },
        ],
      }),
    );
    assert.deepEqual(both.spec, {
      plain: ['a', 'b'],
      tags: ['a', 'c', 'b'],
      ports: [
        { name: 'a', port: 1 },
        { name: 'c', port: 3 },
        { name: 'b', port: 2, weight: 9 },
      ],
    });
    const less = apply(both, 'ann', config({ plain: ['b'], ports: [{ name: 'b' }] }));
    assert.deepEqual(less.spec, {
      plain: ['b'],
      tags: ['c', 'b'],
      ports: [
        { name: 'c', port: 3 },
        { name: 'b', weight: 9 },
      ],
    });
  });

  test('writes nothing new when nothing is', () => {
    const made = apply(undefined, 'ann', config({ size: 1 }));
    assert.deepEqual(apply(made, 'ann', config({ size: 1 }), { now: at(9) }), made);
  });

  test('through /status decides on the status only, and through the object on all but it', () => {
    const made = apply(undefined, 'ann', { ...config({ size: 1 }), status: { ready: true } });
    assert.deepEqual(owned(made, 'ann'), { 'f:spec': { 'f:size': {} } });
    const ready = apply(made, 'ann', { ...config({ size: 2 }), status: { ready: true } }, { subresource: 'status' });
    const entry = ready.metadata.managedFields?.find(({ subresource }) => subresource === 'status');
    assert.deepEqual(entry?.fieldsV1, { 'f:status': { 'f:ready': {} } });
    const { message } = messageOf(() =>
      apply(ready, 'bob', { ...config(undefined), status: { ready: false } }, { subresource: 'status' }),
    );
    assert.equal(message, 'Apply failed with 1 conflict: conflict with "ann" with subresource "status": .status.ready');
  });

  test('of an object that was not tracked finds somebody who owns it all', () => {
    const untracked = config({ size: 1, colour: 'red' }, { labels: { a: 'b' } }) as unknown as Thing;
    const { message } = messageOf(() => apply(untracked, 'ann', config({ size: 2 })));
    assert.equal(
      message,
      'Apply failed with 1 conflict: conflict with "before-first-apply" using example.dev/v1: .spec.size',
    );
    const same = apply(untracked, 'ann', config({ size: 1 }));
    assert.deepEqual(owned(same, 'before-first-apply'), {
      'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
      'f:spec': { '.': {}, 'f:colour': {}, 'f:size': {} },
    });
  });

  test('by kubectl takes over what kubectl applied by itself and nobody changed since', () => {
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
    const before = config({ size: 1, colour: 'red' });
    const lastApplied = { annotations: { [annotation]: JSON.stringify(before) } };
    const made = update(undefined, 'kubectl-client-side-apply', config({ size: 1, colour: 'red' }, lastApplied));
    const taken = apply(made, 'kubectl', config({ size: 2 }));
    assert.equal(taken.spec?.['size'], 2);
    assert.deepEqual(JSON.parse(taken.metadata.annotations?.[annotation] ?? ''), config({ size: 2 }));
    assert.throws(() => apply(made, 'other', config({ size: 2 })), DroverError);
    const edited = update(made, 'editor', { ...made, spec: { size: 5, colour: 'red' } });
    assert.match(messageOf(() => apply(edited, 'kubectl', config({ size: 2 }))).message, /"editor".*\.spec\.size/);
  });
});

describe('writes that are no apply', () => {
  test('own what they add and change, and what is removed is nobody’s', () => {
    const made = update(undefined, 'creator', config({ size: 1, limits: { cpu: '1' } }, { labels: { a: 'b' } }));
    assert.deepEqual(made.metadata.managedFields, [
      {
        manager: 'creator',
        operation: 'Update',
        apiVersion: 'example.dev/v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
          'f:spec': { '.': {}, 'f:limits': { '.': {}, 'f:cpu': {} }, 'f:size': {} },
        },
      },
    ]);
    const changed = update(made, 'other', { ...made, spec: { size: 2 } }, { now: at(5) });
    assert.deepEqual(owned(changed, 'creator'), {
      'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
      'f:spec': {},
    });
    assert.deepEqual(owned(changed, 'other'), { 'f:spec': { 'f:size': {} } });
    assert.deepEqual(
      changed.metadata.managedFields?.map(({ time }) => time),
      ['2026-01-01T00:00:00Z', '2026-01-01T00:00:05Z'],
    );
    const still = update(changed, 'third', { ...changed });
    assert.deepEqual(still, changed);
  });

  test('through a subresource are another manager’s', () => {
    const made = update(undefined, 'c', config({ size: 1 }));
    const ready = update(made, 'c', { ...made, status: { ready: true } }, { subresource: 'status' });
    assert.deepEqual(
      ready.metadata.managedFields?.map(({ manager, subresource, fieldsV1 }) => [manager, subresource, fieldsV1]),
      [
        ['c', undefined, { 'f:spec': { '.': {}, 'f:size': {} } }],
        ['c', 'status', { 'f:status': { '.': {}, 'f:ready': {} } }],
      ],
    );
  });

  test('clear managedFields by one empty entry, and by leaving them out or empty change nothing', () => {
    const made = update(undefined, 'c', config({ size: 1 }));
    const sent = (managedFields: unknown): Record<string, unknown> => ({
      ...made,
      metadata: { ...made.metadata, managedFields },
    });
    assert.deepEqual(update(made, 'd', sent(undefined)), made);
    assert.deepEqual(update(made, 'd', sent([])), made);
    assert.deepEqual(update(made, 'd', sent([{ manager: 'x', operation: 'Bad' }])), made);
    const cleared = update(made, 'd', sent([{}]));
    assert.equal(cleared.metadata.managedFields, undefined);
    // Nobody is known to own the rest, so nobody is tracked until somebody applies.
    const later = update(cleared, 'e', { ...cleared, spec: { size: 7 } });
    assert.equal(later.metadata.managedFields, undefined);
  });

  test('by very many managers are kept together, the oldest first', () => {
    let thing = update(undefined, 'm0', config({ limits: { k0: 'x' } }));
    for (let one = 1; one < 15; one++) {
      const limits = { ...(thing.spec?.['limits'] as Spec), [`k${one}`]: 'x' };
      thing = update(thing, `m${one}`, { ...thing, spec: { limits } }, { now: at(one) });
    }
    const names = thing.metadata.managedFields?.map(({ manager }) => manager);
    assert.deepEqual(names, ['ancient-changes', 'm6', 'm7', 'm8', 'm9', 'm10', 'm11', 'm12', 'm13', 'm14']);
    assert.deepEqual(owned(thing, 'ancient-changes'), {
      'f:spec': {
        '.': {},
        'f:limits': { '.': {}, 'f:k0': {}, 'f:k1': {}, 'f:k2': {}, 'f:k3': {}, 'f:k4': {}, 'f:k5': {} },
      },
    });
  });
});

describe('whatever is applied', () => {
  const value = fc.integer({ min: 1, max: 3 });
  const someOf = <T>(items: T[]): fc.Arbitrary<T[]> => fc.subarray(items);
  const configs = fc
    .record(
      {
        size: value,
        colour: value.map(String),
        tags: someOf(['a', 'b', 'c']).filter(list => list.length > 0),
        ports: fc
          .uniqueArray(fc.record({ name: fc.constantFrom('x', 'y', 'z'), port: value }), {
            selector: ({ name }) => name,
            minLength: 1,
          })
          .map(list => list.map(port => ({ ...port, protocol: 'TCP' }))),
        limits: fc.dictionary(fc.constantFrom('cpu', 'ram', '__proto__'), value.map(String), { minKeys: 1 }),
      },
      { requiredKeys: [] },
    )
    .map(fields => (Object.keys(fields).length === 0 ? undefined : (JSON.parse(JSON.stringify(fields)) as Spec)));
  const managers = fc.constantFrom('ann', 'bob', 'eve');
  const steps = fc.array(fc.record({ manager: managers, fields: configs, force: fc.boolean() }), { maxLength: 12 });

  /** An object as leaves by path: all that the model knows. */
  function leavesOf(fields: Spec | undefined): Map<string, string> {
    const leaves = new Map<string, string>();
    for (const [name, item] of Object.entries(fields ?? {})) {
      if (name === 'tags') for (const tag of item as string[]) leaves.set(`tags ${tag}`, '');
      else if (name === 'limits')
        for (const [key, one] of Object.entries(item as Spec)) leaves.set(`limits ${key}`, String(one));
      else if (name === 'ports') {
        for (const { name: port, port: number } of item as { name: string; port?: number }[]) {
          leaves.set(`ports ${port}`, '');
          if (number !== undefined) leaves.set(`ports ${port} port`, String(number));
        }
      } else leaves.set(name, String(item));
    }
    return leaves;
  }

  test('the object is as a simple model says, and so are conflicts', () => {
    fc.assert(
      fc.property(steps, taken => {
        let thing: Thing | undefined;
        const state = new Map<string, string>();
        const owners = new Map<string, Set<string>>();
        for (const { manager, fields, force } of taken) {
          const wanted = leavesOf(fields);
          const others = [...owners].filter(([name]) => name !== manager).map(([, paths]) => paths);
          const disputed = [...wanted].filter(
            ([path, leaf]) => state.get(path) !== leaf && others.some(paths => paths.has(path)),
          );
          if (disputed.length > 0 && !force) {
            assert.throws(() => apply(thing, manager, config(fields)), { code: 'conflict' });
            continue;
          }
          for (const path of owners.get(manager) ?? []) {
            if (!wanted.has(path) && !others.some(paths => paths.has(path))) state.delete(path);
          }
          for (const [path] of disputed) for (const paths of others) paths.delete(path);
          for (const [path, leaf] of wanted) state.set(path, leaf);
          owners.set(manager, new Set(wanted.keys()));
          thing = apply(thing, manager, config(fields), { force });
          assert.deepEqual(new Map([...leavesOf(thing.spec)].sort()), new Map([...state].sort()));
          const known = (thing.metadata.managedFields ?? []).map(entry => entry.manager);
          assert.deepEqual(
            known.sort(),
            [...owners]
              .filter(([, paths]) => paths.size > 0)
              .map(([name]) => name)
              .sort(),
          );
        }
      }),
      { numRuns: 400 },
    );
  });

  test('applying it again changes nothing', () => {
    fc.assert(
      fc.property(steps, managers, configs, (taken, manager, fields) => {
        let thing: Thing | undefined;
        for (const step of taken) thing = apply(thing, step.manager, config(step.fields), { force: true });
        const once = apply(thing, manager, config(fields), { force: true });
        assert.deepEqual(apply(once, manager, config(fields), { now: at(30) }), once);
      }),
    );
  });
});
