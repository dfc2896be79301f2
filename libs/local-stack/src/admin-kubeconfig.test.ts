import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ensureAdminKubeconfig } from './admin-kubeconfig.ts';
import { ensurePki, type Pki } from './pki.ts';

let folder: string;
let pki: Pki;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-admin-'));
  pki = await ensurePki({ folder: join(folder, 'pki'), serverNames: [] });
});
after(() => rm(folder, { recursive: true }));

/** A hub that answers each path with the next of its statuses, and with `{ token }` where that is a success. */
async function startHub(answers: Record<string, number[]>) {
  const asked: string[] = [];
  const server = createServer({ cert: pki.server.cert, key: pki.server.key }, (request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const status = answers[path]?.shift() ?? 500;
    request.resume().on('end', () => {
      response.writeHead(status).end(JSON.stringify(status < 300 ? { token: `drv_of${path}` } : { message: 'no' }));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return Object.assign(server, { asked, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

const ensure = (url: string, name: string, signal?: AbortSignal): Promise<string | undefined> => {
  const path = join(folder, name);
  const options = { path, url, nearUrl: url, ca: pki.ca.cert, password: 'secret', ...(signal ? { signal } : {}) };
  return ensureAdminKubeconfig(options).then(() => readFile(path, 'utf8').catch(() => undefined));
};

test('the administrator’s token is waited for while the hub is still busy or has not heard of his login', async () => {
  await using hub = await startHub({ '/v1/login': [503, 429, 200], '/v1/tokens': [401, 503, 401, 201] });
  assert.match((await ensure(hub.url, 'busy')) ?? '', /token: drv_of\/v1\/tokens\n/);
  assert.equal(hub.asked.length, 7);
});

test('a password that is wrong by now is asked for once, and makes no kubeconfig', async () => {
  await using hub = await startHub({ '/v1/login': [401] });
  assert.equal(await ensure(hub.url, 'wrong'), undefined);
  assert.deepEqual(hub.asked, ['/v1/login']);
});

test('a refusal that stays is told at once, and a start that is given up does not wait', async () => {
  await using hub = await startHub({ '/v1/login': [200, 503], '/v1/tokens': [403] });
  await assert.rejects(ensure(hub.url, 'refused'), /gave its administrator no token: no/);
  await assert.rejects(ensure(hub.url, 'given-up', AbortSignal.abort(new Error('stopped'))), /stopped/);
});
