import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { kubectls, run } from '@drover/testing';
import { admin, serveFleet } from '../fleet-for-tests.ts';
import { giveRole } from './for-tests.ts';

/** What auth-proxy does, as far as it matters here: it says who asks, and as whom he wants to act. */
async function frontDoor(served: Awaited<ReturnType<typeof serveFleet>>, user: string, groups: string[]) {
  const server = createServer((request, response) => {
    const wishes = Object.entries(request.headers)
      .filter(([name]) => name.startsWith('impersonate-'))
      .flatMap(([name, value]) =>
        String(value)
          .split(', ')
          .map(one => [name, one]),
      );
    const nowMs = served.clock.now();
    void served.signer.sign({ audience: 'hub', user, groups, extra: {}, nowMs, lifetimeMs: 60_000 }).then(assertion => {
      request.headers['drover-identity'] = assertion;
      if (wishes.length > 0)
        request.headers['drover-impersonation'] = Buffer.from(JSON.stringify(wishes)).toString('base64url');
      served.fleet.serve(request, response);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

for (const { name, path } of await kubectls())
  describe(`kubectl ${name} on the hub`, () => {
    let served: Awaited<ReturnType<typeof serveFleet>>;
    let home: string;
    const doors: Awaited<ReturnType<typeof frontDoor>>[] = [];

    before(async () => {
      served = await serveFleet();
      home = await mkdtemp(join(tmpdir(), 'drover-access-'));
      for (const username of ['alice', 'root']) {
        await served.call(admin, 'POST', '/v1/users', { username, password: 'correct horse' });
      }
      await giveRole(served, 'alice', 'settings-manage');
      for (const [user, groups] of [
        ['alice', ['dev']],
        ['root', ['admins']],
      ] as const) {
        const door = await frontDoor(served, user, [...groups]);
        doors.push(door);
        const kubeconfig = {
          apiVersion: 'v1',
          kind: 'Config',
          clusters: [{ name: 'c', cluster: { server: door.url } }],
          contexts: [{ name: 'x', context: { cluster: 'c' } }],
          'current-context': 'x',
        };
        await writeFile(join(home, user), JSON.stringify(kubeconfig));
      }
    });
    after(async () => {
      for (const { server } of doors) {
        server.close();
        server.closeAllConnections();
      }
      await served[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    });

    const kubectl = (user: string, args: string, input = '') =>
      run(path, ['--kubeconfig', join(home, user), '--cache-dir', join(home, 'cache'), ...args.split(' ')], {
        input,
        env: { PATH: process.env['PATH'], HOME: home },
      });

    test('auth whoami', async () => {
      const { stdout, stderr } = await kubectl('alice', 'auth whoami');
      assert.match(stdout, /Username +alice\nGroups +\[dev system:authenticated\]\n/, stderr);
    });

    test('auth can-i', async () => {
      const answers = async (user: string, args: string): Promise<string> =>
        (await kubectl(user, `auth can-i ${args}`)).stdout.trim();
      assert.equal(await answers('alice', 'update settings'), 'yes');
      assert.equal(await answers('alice', 'delete clusters'), 'no');
      assert.equal(await answers('alice', 'create tokens'), 'yes');
      assert.equal(await answers('alice', 'get /metrics'), 'no');
      assert.equal(await answers('root', '* *'), 'yes');
      assert.equal(await answers('root', 'delete clusters'), 'yes');
      assert.equal(await answers('root', 'delete clusters --as bob'), 'no');
      assert.equal(await answers('root', 'update settings --as alice'), 'yes');
      assert.equal(await answers('root', 'delete clusters --as bob --as-group admins'), 'yes');
      const refused = await kubectl('alice', 'auth can-i list clusters --as root');
      assert.match(refused.stderr, /users "root" is forbidden: User "alice" cannot impersonate resource "users"/);
    });

    test('auth can-i --list', async () => {
      const { stdout, stderr } = await kubectl('alice', 'auth can-i --list');
      assert.match(stdout, /settings\.drover\.dev +\[\] +\[\] +\[.*update.*\]/, stderr);
      assert.match(stdout, /\[\/apis\/\*\] +\[\] +\[get\]/);
      const all = await kubectl('root', 'auth can-i --list');
      assert.match(all.stdout, /\*\.\* +\[\] +\[\] +\[\*\]/);
    });

    test('create -f token.yaml shows the secret once', async () => {
      const yaml = 'apiVersion: drover.dev/v1\nkind: Token\nmetadata:\n  generateName: ci-\nspec:\n  description: ci\n';
      const made = await kubectl('alice', 'create -f - -o jsonpath={.metadata.name},{.status.token}', yaml);
      const [id, secret] = made.stdout.split(',');
      assert.match(secret ?? '', new RegExp(`^drv_${id}_`), made.stderr);
      const got = await kubectl('alice', 'get tokens -o yaml');
      assert.match(got.stdout, new RegExp(`name: ${id}\n`), got.stderr);
      assert.doesNotMatch(got.stdout, /drv_/);
    });

    test('roles and bindings are listed, explained and made', async () => {
      assert.match(
        (await kubectl('root', 'get globalroles')).stdout,
        /^NAME +DISPLAY NAME +BUILT IN +AGE\nadmin +Administrator +true /,
      );
      assert.match((await kubectl('root', 'get grb')).stdout, /admins +admin +group admins /);
      assert.match(
        (await kubectl('root', 'get rt cluster-owner')).stdout,
        /cluster-owner +cluster +Cluster Owner +true +false/,
      );
      assert.match((await kubectl('root', 'explain globalrole.spec.rules.verbs')).stdout, /What may be done/);
      const picked = await kubectl('root', 'get globalrolebindings --field-selector spec.user=alice -o name');
      assert.equal(picked.stdout, 'globalrolebinding.drover.dev/alice-settings-manage\n', picked.stderr);
    });
  });
