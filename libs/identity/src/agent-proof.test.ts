import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { agentPublicKey, newAgentKey, proofOfPossession, verifyProof } from './agent-proof.ts';

const subject = { nonce: 'n-1', clusterUid: 'c0ffee', hubId: 'hub-1' };

test('a proof verifies for its own key and subject, and for nothing else', () => {
  const privateKey = newAgentKey();
  const publicKey = agentPublicKey(privateKey);
  const signature = proofOfPossession({ privateKey, ...subject });
  assert.equal(verifyProof({ publicKey, signature, ...subject }), true);
  for (const field of ['nonce', 'clusterUid', 'hubId'] as const) {
    assert.equal(verifyProof({ publicKey, signature, ...subject, [field]: 'other' }), false, field);
  }
  assert.equal(verifyProof({ publicKey: agentPublicKey(newAgentKey()), signature, ...subject }), false);
});

test('bytes cannot move from one field to the next', () => {
  const privateKey = newAgentKey();
  const signature = proofOfPossession({ privateKey, nonce: 'ab', clusterUid: 'c', hubId: 'd' });
  const publicKey = agentPublicKey(privateKey);
  assert.equal(verifyProof({ publicKey, signature, nonce: 'a', clusterUid: 'bc', hubId: 'd' }), false);
});

test('malformed keys and signatures are refused without an exception', () => {
  const privateKey = newAgentKey();
  const publicKey = agentPublicKey(privateKey);
  const signature = proofOfPossession({ privateKey, ...subject });
  for (const bad of ['', 'A', '!', `${signature}=`, ` ${signature}`, signature.slice(1), `${signature}AAAA`]) {
    assert.equal(verifyProof({ publicKey, signature: bad, ...subject }), false, bad);
  }
  for (const bad of [
    '',
    'A',
    `${publicKey}=`,
    `${publicKey}\n`,
    publicKey.slice(2),
    Buffer.alloc(32, 0xff).toString('base64url'),
  ]) {
    assert.equal(verifyProof({ publicKey: bad, signature, ...subject }), false, bad);
  }
});

test('only Ed25519 keys are agents’ keys', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  assert.throws(() => agentPublicKey(privateKey), { name: 'DroverError', code: 'internal' });
});
