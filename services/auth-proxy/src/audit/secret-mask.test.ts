import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskSecrets } from './secret-mask.ts';

const id = 'abcdefgh23';
const secret = 'S3cretS3cretS3cretS3cretS3cretS3cretS3cret12';

test('T19: a secret in a path or a query is masked, however it is written', () => {
  for (const [given, kept] of [
    ['/x?token=abc&limit=5', '/x?token=***&limit=5'],
    ['/x?access_token=abc', '/x?access_token=***'],
    ['/x?ACCESS%5Ftoken=abc', '/x?ACCESS%5Ftoken=***'],
    ['/x?client_secret=a&X-Amz-Signature=b&code=c', '/x?client_secret=***&X-Amz-Signature=***&code=***'],
    [`/v1/import/drj_${id}_${secret}.yaml`, `/v1/import/drj_${id}_***.yaml`],
    [`/v1/import/%64rj_${id}_${secret}.yaml`, '/v1/import/***'],
    [`/x?q=drv_${id}_${secret}`, `/x?q=drv_${id}_***`],
    [`/x?q=drv%5F${id}_${secret}`, '/x?q=***'],
    ['/x?q=eyJhbGciOiJFZERTQSJ9.eyJhIjoxfQ.c2ln', '/x?q=***'],
  ] as const) {
    assert.equal(maskSecrets(given), kept, given);
  }
});

test('what is no secret stays as it is', () => {
  for (const target of [
    '/api/v1/namespaces/default/pods?labelSelector=app%3Dweb&limit=500&watch=true',
    '/api/v1/namespaces/default/pods/p/exec?command=sh&command=-c&command=echo%20100%25&stdin=true&continue=x',
    '/api/v1/namespaces/kube-system/secrets/driver',
    '/bad%zz?bad%zz=%zz',
    '/x?',
    '',
  ]) {
    assert.equal(maskSecrets(target), target);
  }
});
