import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openHealthServer } from './health-server.ts';

test('livez is the process, readyz the tunnel, and there is nothing else', async () => {
  let connected = false;
  await using health = await openHealthServer({ port: 0, host: '127.0.0.1', ready: () => connected });
  const status = async (path: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${health.port}${path}`, { signal: AbortSignal.timeout(5000) })).status;
  assert.deepEqual([await status('/livez'), await status('/readyz'), await status('/metrics')], [200, 503, 404]);
  connected = true;
  assert.equal(await status('/readyz'), 200);
});
