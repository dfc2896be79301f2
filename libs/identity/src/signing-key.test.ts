import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { calculateJwkThumbprint } from 'jose';
import { AssertionSigner, loadSigningKey, newSigningKey } from './index.ts';

test('a key comes back from its file, and its public half holds no secret', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'drover-identity-'));
  t.after(() => rm(folder, { recursive: true }));
  const { kid, privateJwk, publicJwk } = await newSigningKey();
  assert.equal(kid, await calculateJwkThumbprint(publicJwk));
  assert.equal('d' in publicJwk, false);
  await writeFile(join(folder, 'key'), JSON.stringify({ kid, privateJwk }));
  const loaded = await loadSigningKey(join(folder, 'key'));
  assert.deepEqual(loaded, { kid, privateJwk });
  await AssertionSigner.create(loaded);
});

test('what is no key is a wrong setting, and the error repeats none of it (T19)', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'drover-identity-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'key');
  await assert.rejects(loadSigningKey(path), { code: 'config-invalid' });
  for (const text of ['', 'hush', '{"privateJwk":{"d":"hush"}}', '{"kid":"a","privateJwk":"hush"}', 'null']) {
    await writeFile(path, text);
    await assert.rejects(loadSigningKey(path), (error: Error) => !error.message.includes('hush'));
  }
  await assert.rejects(AssertionSigner.create({ kid: 'a', privateJwk: { kty: 'OKP', crv: 'Ed25519' } }), {
    code: 'config-invalid',
  });
});
