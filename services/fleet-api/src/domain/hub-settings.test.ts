import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingFault } from './hub-settings.ts';

test('a setting that the hub reads takes what the hub can use, and says what that is', () => {
  for (const [name, good, bad] of [
    ['session-lifetime', ['1m', '8h', '31d'], ['59s', '32d', '8', 'a day', '']],
    ['session-idle', ['30m'], ['0h', '1w']],
    ['access-credential-lifetime', ['5m', '1h'], ['2h', '10s']],
    ['group-refresh', ['15m', '1d'], ['1s', '25h']],
    ['cluster-membership', ['open', 'required'], ['yes', '']],
    ['token-max-ttl', ['7d'], ['7']],
    ['password-min-length', ['12'], ['2', 'long']],
  ] as const) {
    for (const value of good) assert.equal(settingFault(name, value), undefined, `${name}: ${value}`);
    for (const value of bad) assert.match(settingFault(name, value) ?? '', /^must be /, `${name}: ${value}`);
  }
  assert.equal(settingFault('of-somebody-else', 'anything'), undefined);
});
