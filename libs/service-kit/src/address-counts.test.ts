import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressCounts, addressKey } from './address-counts.ts';

const cases: [address: string, key: string][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
];
for (const [address, key] of cases) test(`${address} counts as ${key}`, () => assert.equal(addressKey(address), key));

test('one address has its share and no more, and letting go twice is letting go once', () => {
  const counts = new AddressCounts(2);
  const first = counts.take('a');
  assert.ok(first && counts.take('a'));
  assert.equal(counts.take('a'), undefined);
  assert.ok(counts.take('b'));
  first();
  first();
  assert.ok(counts.take('a'));
  assert.equal(counts.take('a'), undefined);
});
