import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { admin, objectsPath, serveFleet } from '../fleet-for-tests.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../../../docs/auth-providers.md'), 'utf8');

test('the hub takes every example of docs/auth-providers.md as it is', async () => {
  await using hub = await serveFleet();
  for (const name of ['ci', 'deploy-shop']) {
    const user = { apiVersion: 'drover.dev/v1', kind: 'User', metadata: { name }, spec: {} };
    assert.equal((await hub.call(admin, 'POST', `${objectsPath}/users`, user)).status, 201);
  }
  const examples = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => parse(text));
  assert.ok(examples.length >= 5);
  for (const example of examples) {
    const path = `${objectsPath}/authproviders?fieldValidation=Strict`;
    const answer = await hub.call(admin, 'POST', path, example);
    assert.equal(answer.status, 201, answer.text);
    assert.doesNotMatch(answer.text, /from-the-issuer|from-github/);
  }
});
