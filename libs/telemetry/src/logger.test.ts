import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from './index.ts';

const token = 'drv_abcdefghij_0123456789abcdefghijABCDEFGHIJ0123456789abcXYZ012';
const join = 'drj_abcdefghij_0123456789abcdefghijABCDEFGHIJ0123456789abcXYZ012';
const jwt = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';
const seed = `SU${'A2'.repeat(28)}`;
const pem = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----';

function capture(write: (log: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger({ name: 'test', destination: { write: line => void lines.push(line) } }));
  return lines.join('');
}

const leaks: Record<string, (log: ReturnType<typeof createLogger>) => void> = {
  'a token in the message': log => log.info(`login with ${token}`),
  'a join token in a URL': log => log.info({ path: `/v1/import/${join}.yaml` }),
  'a token without its form': log => log.info('drv_0123456789abcdefghijABCDEFGHIJ0123456789abcXYZ012'),
  'an authorization header': log => log.info({ req: { headers: { Authorization: `Bearer ${jwt}` } } }),
  'an opaque bearer': log => log.info('sent Authorization: Bearer hunter2hunter2'),
  'raw headers': log => log.info({ rawHeaders: ['Cookie', 'sid=hunter2'] }),
  'a cookie': log => log.info({ headers: { 'set-cookie': ['sid=hunter2'] } }),
  'a password': log => log.info({ body: { user: 'a', password: 'hunter2' } }),
  'a password in an error': log =>
    log.error({ err: Object.assign(new Error('no'), { details: { password: 'hunter2' } }) }),
  'a token in an error’s cause': log => log.error(new Error('outer', { cause: new Error(`refused ${token}`) })),
  'a child’s bindings': log => log.child({ authorization: 'hunter2' }).info('x'),
  'a JWT': log => log.info(`assertion ${jwt}`),
  'a URL’s password': log => log.info('redis://:hunter2@127.0.0.1:6379'),
  'a private key': log => log.info({ note: pem }),
  'a NATS seed': log => log.info({ note: seed }),
  'a body of bytes': log => log.info({ body: Buffer.from('hunter2') }),
  'a JSON text': log => log.info(JSON.stringify({ user: 'a', password: 'hunter2' })),
};

for (const [what, write] of Object.entries(leaks)) {
  test(`T19: ${what} does not reach the log`, () => {
    const line = capture(write);
    assert.ok(line.length > 0);
    for (const secret of ['hunter2', '0123456789abcdefghij', jwt, seed, 'MIGHAgEAMBMG', '[104,117']) {
      assert.ok(!line.includes(secret), line);
    }
  });
}

test('what is no secret stays, and each line is one JSON object', () => {
  const line = capture(log => log.info({ cluster: 'alpha', n: 1, list: ['a', { b: true }] }, `token ${token}`));
  const record: unknown = JSON.parse(line);
  assert.ok(
    typeof record === 'object' && record !== null && 'cluster' in record && 'msg' in record && 'list' in record,
  );
  assert.equal(record.cluster, 'alpha');
  assert.deepEqual(record.list, ['a', { b: true }]);
  assert.equal(record.msg, 'token drv_abcdefghij_[masked]');
});
