import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DroverError } from '@drover/errors';
import { durationMs, hostPort, integer, loadConfig, oneOf, optional, text, textList, url } from './index.ts';

const settings = {
  DROVER_LISTEN: hostPort({ default: '127.0.0.1:8443', description: 'where the front door listens' }),
  DROVER_STALE: durationMs({ default: '300000', description: 'how long old knowledge is trusted' }),
  DROVER_LOG_LEVEL: oneOf(['info', 'debug'], { default: 'info', description: 'how much is logged' }),
  DROVER_NAMES: textList({ default: 'a, b', description: 'names' }),
  DROVER_COUNT: integer({ default: '2', minimum: 1, maximum: 8, description: 'how many' }),
  DROVER_ID: optional(text({ description: 'an id' })),
};

test('defaults are filled, decoded and frozen', () => {
  const config = loadConfig(settings, { DROVER_LISTEN: '' });
  assert.deepEqual(config, {
    DROVER_LISTEN: { host: '127.0.0.1', port: 8443 },
    DROVER_STALE: 300_000,
    DROVER_LOG_LEVEL: 'info',
    DROVER_NAMES: ['a', 'b'],
    DROVER_COUNT: 2,
  });
  assert.ok(Object.isFrozen(config));
});

test('values are decoded', () => {
  const config = loadConfig(settings, { DROVER_LISTEN: '[::1]:0', DROVER_STALE: '5m', DROVER_ID: 'x', HOME: '/' });
  assert.deepEqual(config.DROVER_LISTEN, { host: '::1', port: 0 });
  assert.equal(config.DROVER_STALE, 300_000);
  assert.equal(config.DROVER_ID, 'x');
  assert.equal('HOME' in config, false);
});

const wrong: Record<string, string> = {
  DROVER_LISTEN: '127.0.0.1:65536',
  DROVER_STALE: '5 minutes',
  DROVER_LOG_LEVEL: 'loud',
  DROVER_COUNT: '9',
};
for (const [name, value] of Object.entries(wrong)) {
  test(`a wrong ${name} is an error that names it, what is expected and what it is`, () => {
    assert.throws(
      () => loadConfig(settings, { [name]: value }),
      (error: unknown) =>
        error instanceof DroverError &&
        error.code === 'config-invalid' &&
        error.message.startsWith(`${name} must be `) &&
        error.message.includes(value),
    );
  });
}

test('every wrong variable is named at once, and a secret one is not repeated', () => {
  const secret = {
    DROVER_URL: url({ description: 'redis', secret: true }),
    DROVER_KEY: text({ description: 'a key' }),
  };
  assert.throws(
    () => loadConfig(secret, { DROVER_URL: 'hunter2' }),
    (error: unknown) =>
      error instanceof DroverError &&
      error.message.includes('DROVER_URL must be') &&
      error.message.includes('DROVER_KEY must be') &&
      !error.message.includes('hunter2'),
  );
});
