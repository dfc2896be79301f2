import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireSameOrigin } from './same-origin.ts';

const from = (origin: string | undefined, host: string | undefined) => ({ origin, host });

test('T12 a stream that a browser’s cookie opens comes from a page of the hub, a GET though it is', () => {
  const upgrade = { method: 'GET', upgrade: true };
  requireSameOrigin(upgrade, from('https://hub:8443', 'hub:8443'));
  requireSameOrigin(upgrade, from('https://HUB:8443', 'hub:8443'));
  for (const origin of [undefined, 'null', 'https://evil', 'https://hub', 'http://hub:8443', 'https://hub:8443.evil'])
    assert.throws(() => requireSameOrigin(upgrade, from(origin, 'hub:8443')), { code: 'forbidden' });
  assert.throws(() => requireSameOrigin(upgrade, from('https://undefined', undefined)), { code: 'forbidden' });
});

test('T12 what changes nothing may come from anywhere: other pages cannot read its answer', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS'])
    requireSameOrigin({ method, upgrade: false }, from(undefined, 'hub'));
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PURGE'])
    assert.throws(() => requireSameOrigin({ method, upgrade: false }, from('https://evil', 'hub')), {
      code: 'forbidden',
    });
});
