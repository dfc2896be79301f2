import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExecInfo } from './exec-info.ts';

const info = (spec: object): string =>
  JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', spec });

test('client-go’s word counts, else what the terminal looks like', () => {
  for (const terminal of [true, false]) {
    assert.equal(parseExecInfo(info({ interactive: true })).interactive(terminal), true);
    assert.equal(parseExecInfo(info({ interactive: false })).interactive(terminal), false);
    for (const nothing of [undefined, '', '{', '[]', 'null', '{"spec":7}']) {
      assert.equal(parseExecInfo(nothing).interactive(terminal), terminal);
    }
  }
});

test('the kubeconfig’s CA counts for the hub that the kubeconfig names, and for no other', () => {
  const cluster = { server: 'https://hub:8443/k8s/clusters/a', 'certificate-authority-data': 'cGVt' };
  const found = parseExecInfo(info({ interactive: false, cluster }));
  assert.equal(found.caOf('https://hub:8443'), 'pem');
  for (const other of ['https://hub:84', 'https://hub', 'https://other:8443'])
    assert.equal(found.caOf(other), undefined);
  assert.equal(parseExecInfo(undefined).caOf('https://hub:8443'), undefined);
});
