import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { eventually, kubectls } from '@drover/testing';
import { serveWidgets, widget, widgets } from './widgets-for-tests.ts';

for (const { name, path } of await kubectls())
  describe(`kubectl ${name}`, () => {
    let served: Awaited<ReturnType<typeof serveWidgets>>;
    let home: string;
    const children = new Set<ChildProcess>();

    before(async () => {
      // kubectl sends no token without TLS.
      served = await serveWidgets({ everybodyIs: 'admin' });
      home = await mkdtemp(join(tmpdir(), 'drover-apiserver-'));
      const kubeconfig = {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'c', cluster: { server: served.url } }],
        contexts: [{ name: 'x', context: { cluster: 'c' } }],
        'current-context': 'x',
      };
      await writeFile(join(home, 'kubeconfig'), JSON.stringify(kubeconfig));
    });
    after(async () => {
      for (const child of children) child.kill('SIGKILL');
      await served[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    });

    function start(args: string[], env: Record<string, string> = {}): ChildProcess {
      const child = spawn(
        path,
        ['--kubeconfig', join(home, 'kubeconfig'), '--cache-dir', join(home, 'cache'), ...args],
        {
          env: { PATH: process.env['PATH'], HOME: home, ...env },
        },
      );
      children.add(child);
      child.once('exit', () => children.delete(child));
      return child;
    }

    async function kubectl(args: string, input?: object, env?: Record<string, string>) {
      const child = start(args.split(' '), env);
      let stdout = '';
      let stderr = '';
      child.stdout?.on('data', chunk => {
        stdout += chunk;
      });
      child.stderr?.on('data', chunk => {
        stderr += chunk;
      });
      child.stdin?.end(input === undefined ? '' : JSON.stringify(input));
      const code = await new Promise<number | null>(resolve => child.once('close', resolve));
      return { code, stdout, stderr };
    }

    async function ok(args: string, input?: object, env?: Record<string, string>): Promise<string> {
      const done = await kubectl(args, input, env);
      assert.equal(done.code, 0, `kubectl ${args}: ${done.stderr}`);
      assert.equal(done.stderr, '', `kubectl ${args}`);
      return done.stdout;
    }

    test('create -f validates on the server, get prints the table, describe everything', async () => {
      assert.equal(await ok('create -f -', widget('alpha', { size: 4 })), 'widget.example.dev/alpha created\n');
      assert.match(await ok('get widgets'), /^NAME +SIZE +AGE\nalpha +4 +\d+s\n$/);
      assert.match(await ok('get wi alpha -o wide'), /^NAME +SIZE +AGE\n/);
      assert.match(await ok('get widget alpha -o jsonpath={.spec.size}'), /^4$/);
      assert.match(await ok('describe widget alpha'), /Name: +alpha[\s\S]*Size: +4\n/);
      const typo = await kubectl('create -f -', { ...widget('typo'), spec: { sice: 1 } });
      assert.equal(typo.code, 1);
      assert.match(typo.stderr, /strict decoding error: unknown field "spec\.sice"/);
      const again = await kubectl('create -f -', widget('alpha'));
      assert.match(
        again.stderr,
        /^Error from server \(AlreadyExists\): .*widgets\.example\.dev "alpha" already exists\n$/,
      );
    });

    test('label, annotate, patch, edit, replace and apply', async () => {
      await ok('create -f -', widget('beta', { size: 1 }));
      assert.equal(await ok('label widget beta tier=gold'), 'widget.example.dev/beta labeled\n');
      assert.equal(await ok('annotate widget beta note=hello'), 'widget.example.dev/beta annotated\n');
      assert.match(await ok('get widgets -l tier=gold -o name'), /^widget\.example\.dev\/beta\n$/);
      await ok('patch widget beta --type=merge -p {"spec":{"size":2}}');
      const editor = { KUBE_EDITOR: 'sed -i s/size:.2/size\\:\\ 3/' };
      assert.equal(await ok('edit widget beta', undefined, editor), 'widget.example.dev/beta edited\n');
      await ok('replace -f -', widget('beta', { size: 5 }));
      assert.equal(await ok('apply -f -', widget('gamma', { size: 1 })), 'widget.example.dev/gamma created\n');
      assert.equal(await ok('apply -f -', widget('gamma', { size: 2 })), 'widget.example.dev/gamma configured\n');
      assert.equal(await ok('apply -f -', widget('gamma', { size: 2 })), 'widget.example.dev/gamma unchanged\n');
      assert.equal(
        await ok('apply --dry-run=server -f -', widget('gamma', { size: 9 })),
        'widget.example.dev/gamma configured (server dry run)\n',
      );
      assert.match(await ok('get widget beta gamma'), /beta +5 .*\ngamma +2 /);
      await ok('patch widget beta --subresource=status --type=merge -p {"status":{"ready":true}}');
      assert.equal(served.api.registry.get(widgets, 'beta').status?.ready, true);
    });

    test('apply --server-side merges, tells conflicts, and takes over from apply', async () => {
      const applied = 'widget.example.dev/ssa serverside-applied\n';
      const dry = 'apply --server-side --dry-run=server -f -';
      assert.equal(await ok(dry, widget('ssa', { size: 1 })), applied.replace('\n', ' (server dry run)\n'));
      assert.equal(await ok('apply --server-side -f -', widget('ssa', { size: 1, colour: 'red' })), applied);
      assert.equal(await ok('apply --server-side --field-manager=bob -f -', widget('ssa', { colour: 'red' })), applied);
      const refused = await kubectl('apply --server-side --field-manager=bob -f -', widget('ssa', { size: 2 }));
      assert.equal(refused.code, 1);
      assert.match(
        refused.stderr,
        /^(error|Error from server \(Conflict\)): Apply failed with 1 conflict: conflict with "kubectl": \.spec\.size\n/,
      );
      assert.match(refused.stderr, /--force-conflicts/);
      await ok('apply --server-side --force-conflicts --field-manager=bob -f -', widget('ssa', { size: 2 }));
      assert.doesNotMatch(await ok('get widget ssa -o yaml'), /managedFields/);
      const shown = JSON.parse(await ok('get widget ssa -o json --show-managed-fields')).metadata.managedFields;
      assert.deepEqual(
        shown.map((entry: Record<string, unknown>) => [entry['manager'], entry['operation'], entry['fieldsV1']]).sort(),
        [
          ['bob', 'Apply', { 'f:spec': { 'f:size': {} } }],
          ['kubectl', 'Apply', { 'f:spec': { 'f:colour': {} } }],
        ],
      );
      const unknown = await kubectl('apply --server-side -f -', { ...widget('ssa'), spec: { sice: 1 } });
      assert.match(unknown.stderr, /\.spec\.sice: field not declared in schema/);
      // What `apply` wrote by itself before is no conflict, and what is left out now goes.
      await ok('apply -f -', widget('csa', { size: 1, colour: 'red' }));
      await ok('apply --server-side -f -', widget('csa', { size: 2 }));
      assert.deepEqual(served.api.registry.get(widgets, 'csa').spec, { size: 2 });
    });

    test('patches of each kind, labels and annotations that are changed and taken off', async () => {
      await ok('create -f -', widget('patched', { size: 1 }));
      const patched = 'widget.example.dev/patched patched\n';
      const replace = '[{"op":"replace","path":"/spec/size","value":2}]';
      assert.equal(await ok(`patch widget patched --type=json -p ${replace}`), patched);
      assert.equal(await ok('patch widget patched --type=merge -p {"spec":{"colour":"red"}}'), patched);
      assert.match(
        await ok('patch widget patched --type=merge -p {"spec":{"colour":"red"}}'),
        /^widget\.example\.dev\/patched patched \(no change\)\n$/,
      );
      const strategic = await kubectl('patch widget patched -p {"spec":{"size":3}}');
      assert.match(strategic.stderr, /accepted media types include: application\/json-patch\+json, application\/merge/);
      const wrong = await kubectl('patch widget patched --type=merge -p {"spec":{"size":-1}}');
      assert.equal(
        wrong.stderr,
        'The Widget "patched" is invalid: spec.size: Invalid value: -1: spec.size in body should be greater than or equal to 0\n',
      );
      const failed = await kubectl('patch widget patched --type=json -p [{"op":"remove","path":"/spec/none"}]');
      assert.match(failed.stderr, /the server rejected our request due to an error in our request/);
      assert.equal(await ok('label widget patched tier=gold'), 'widget.example.dev/patched labeled\n');
      assert.match((await kubectl('label widget patched tier=silver')).stderr, /already has a value \(gold\)/);
      await ok('label widget patched tier=silver --overwrite');
      await ok('label widget patched tier-');
      assert.match((await kubectl('label widget patched tier=a_')).stderr, /a valid label must be an empty string or/);
      await ok('annotate widget patched example.dev/note=hello');
      await ok('annotate widget patched example.dev/note-');
      assert.equal(
        await ok('get widget patched -o jsonpath={.metadata.labels}{.metadata.annotations}{.spec}'),
        '{"colour":"red","size":2}',
      );
    });

    /** A widget that belongs to another; a foreground deletion of that waits for it. */
    const owned = async (name: string, owner: string): Promise<object> => ({
      ...widget(name),
      metadata: {
        name,
        ownerReferences: [
          {
            apiVersion: 'example.dev/v1',
            kind: 'Widget',
            name: owner,
            uid: await ok(`get widget ${owner} -o jsonpath={.metadata.uid}`),
            blockOwnerDeletion: true,
          },
        ],
      },
    });

    for (const cascade of ['background', 'foreground', 'orphan'])
      test(`delete --cascade=${cascade}`, async () => {
        await ok('create -f -', widget('owner'));
        await ok('create -f -', await owned('child', 'owner'));
        await ok(`delete widget owner --cascade=${cascade} --timeout=20s`);
        assert.match((await kubectl('get widget owner')).stderr, /NotFound/);
        if (cascade === 'foreground') assert.match((await kubectl('get widget child')).stderr, /NotFound/);
        else if (cascade === 'background') await kubectl('wait widget/child --for=delete --timeout=20s');
        else assert.equal(await ok('get widget child -o jsonpath={.metadata.ownerReferences}'), '');
        assert.equal((await kubectl('get widget child')).code, cascade === 'orphan' ? 0 : 1);
        if (cascade === 'orphan') await ok('delete widget child');
      });

    test('wait --for=delete, deletions by selector and as a dry run, and a deletion that a finalizer holds up', async () => {
      await ok('create -f -', { ...widget('held'), metadata: { name: 'held', finalizers: ['example.dev/hold'] } });
      assert.match(await ok('delete widget held --dry-run=server'), /deleted \(server dry run\)/);
      await ok('delete widget held --wait=false');
      assert.match(await ok('get widget held -o jsonpath={.metadata.deletionTimestamp}'), /Z$/);
      const watching = served.api.cache.waiting;
      const gone = ok('wait widget/held --for=delete --timeout=20s');
      // What is gone before it is watched is not waited for, and nothing is said of it.
      await eventually(() => served.api.cache.waiting > watching);
      await ok('patch widget held --type=json -p [{"op":"remove","path":"/metadata/finalizers"}]');
      assert.equal(await gone, 'widget.example.dev/held condition met\n');
      for (const name of ['s1', 's2']) await ok('create -f -', widget(name, {}, { batch: 'yes' }));
      assert.equal((await ok('delete widgets -l batch=yes')).split('\n').length, 3);
      assert.equal((await kubectl('get widgets -l batch=yes')).stderr, 'No resources found\n');
    });

    test('replace --force, and an edit that is wrong', async () => {
      await ok('create -f -', widget('forced', { size: 1 }));
      const before = await ok('get widget forced -o jsonpath={.metadata.uid}');
      await ok('replace --force -f -', widget('forced', { size: 2 }));
      assert.notEqual(await ok('get widget forced -o jsonpath={.metadata.uid}'), before);
      const editor = { KUBE_EDITOR: 'sed -i s/size:.2/size\\:\\ -2/' };
      const wrong = await kubectl('edit widget forced', undefined, editor);
      assert.equal(wrong.code, 1);
      assert.match(wrong.stderr, /spec\.size in body should be greater than or equal to 0|Edit cancelled/);
      const stale = { ...widget('forced', { size: 3 }), metadata: { name: 'forced', resourceVersion: '1' } };
      assert.match((await kubectl('replace -f -', stale)).stderr, /\(Conflict\).*the object has been modified/);
    });

    test('delete waits until the object is gone; what is not there is NotFound', async () => {
      await ok('create -f -', widget('delta'));
      assert.match(await ok('delete widget delta'), /^widget\.example\.dev "delta" deleted/);
      const missing = await kubectl('get widget delta');
      assert.deepEqual(
        [missing.code, missing.stderr],
        [1, 'Error from server (NotFound): widgets.example.dev "delta" not found\n'],
      );
      assert.match((await kubectl('delete widget delta')).stderr, /^Error from server \(NotFound\)/);
    });

    test('explain prints the schema, down to the metadata', async () => {
      assert.match(await ok('explain widget.spec'), /colour\t<string>/);
      assert.match(await ok('explain widget'), /metadata\t<ObjectMeta>/);
      const all = await ok('explain widgets --recursive');
      for (const line of [/^ {4}ownerReferences\t<\[\]OwnerReference>/m, /^ {6}blockOwnerDeletion\t<boolean>/m]) {
        assert.match(all, line);
      }
      assert.match(all, /^ {4}tags\t<\[\]string>/m);
      assert.match(await ok('explain widget.metadata.managedFields.fieldsV1'), /FIELD: fieldsV1 <FieldsV1>/);
      assert.match((await kubectl('explain widget.spec.nothing')).stderr, /field "nothing" does not exist/);
    });

    test('api-resources and api-versions tell what there is', async () => {
      assert.match(
        await ok('api-resources --no-headers'),
        /^gadgets +example\.dev\/v1 +true +Gadget\nwidgets +wi +example\.dev\/v1 +false +Widget\n$/,
      );
      assert.equal(await ok('api-resources --verbs=patch -o name'), 'widgets.example.dev\n');
      assert.equal(await ok('api-versions'), 'example.dev/v1\n');
    });

    test('get -w shows changes in the same table', async () => {
      const { registry } = served.api;
      const waiting = served.api.cache.waiting;
      const child = start(['get', 'widgets', '-w']);
      assert.ok(child.stdout);
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const until = async (wanted: RegExp): Promise<void> => {
        for (;;) {
          const line = await lines.next();
          assert.ok(!line.done, `no line like ${wanted}`);
          assert.doesNotMatch(line.value, /NAME.*NAME/);
          if (wanted.test(line.value)) return;
        }
      };
      await until(/^NAME +SIZE +AGE$/);
      // kubectl lists before it watches: whatever is made now shows either way, but only the watch shows what follows.
      await ok('create -f -', widget('omega', { size: 1 }));
      await until(/^omega +1 /);
      await registry.update(widgets, 'omega', current => ({ ...current, spec: { size: 2 } }));
      await until(/^omega +2 /);
      assert.equal(served.api.cache.waiting, waiting + 1);
      child.kill('SIGKILL');
    });

    test('wait sees the change that it waits for', async () => {
      await ok('create -f -', widget('slow'));
      const waiting = ok('wait widget/slow --for=jsonpath={.status.ready}=true --timeout=20s');
      await served.api.registry.update(widgets, 'slow', current => ({ ...current, status: { ready: true } }), {
        part: 'status',
      });
      assert.equal(await waiting, 'widget.example.dev/slow condition met\n');
    });
  });
