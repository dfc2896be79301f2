import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canSync, durabilityOf, durabilityText } from './durability.ts';

test('T31 a server’s version says what can be known of its durability', () => {
  for (const version of ['2.9.10', '2.2.0', '1.4.1', 'nats-server: v2.9.25', '', 'devel']) {
    assert.equal(canSync(version), false, version);
    assert.equal(durabilityOf(version), 'two-minutes', version);
  }
  for (const version of ['2.10.0', '2.10.27', '2.12.1', '3.0.0', 'nats-server: v2.11.4', '2.10.0-RC.1']) {
    assert.equal(canSync(version), true, version);
    assert.equal(durabilityOf(version), 'unknown', version);
  }
  assert.match(durabilityText('two-minutes', '2.9.10'), /2\.9\.10 .* power failure/);
});
