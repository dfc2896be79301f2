import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { serviceOfCertificate } from '@drover/contracts';
import { ensurePki } from './pki.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-pki-'));
});
after(() => rm(folder, { recursive: true }));

const dayMs = 86_400_000;

test('a second start finds the same certificates; keys are readable by their owner only', async () => {
  const first = await ensurePki({ folder, serverNames: ['hub.example.org', '2001:db8::1'] });
  const second = await ensurePki({ folder, serverNames: ['hub.example.org', '2001:db8::1'] });
  assert.deepEqual(second, first);
  for (const name of await readdir(folder, { recursive: true })) {
    const { mode } = await stat(join(folder, name));
    if (name.endsWith('.key')) assert.equal(mode & 0o777, 0o600, name);
    if (name === 'services') assert.equal(mode & 0o777, 0o700, name);
  }
});

test('other names or a near end renew the server’s certificate, and never the CA', async () => {
  const first = await ensurePki({ folder, serverNames: [] });
  const renamed = await ensurePki({ folder, serverNames: ['other.example.org'] });
  assert.notEqual(renamed.server.cert, first.server.cert);
  assert.ok(new X509Certificate(renamed.server.cert).checkHost('other.example.org'));
  const later = await ensurePki({ folder, serverNames: ['other.example.org'], nowMs: Date.now() + 350 * dayMs });
  assert.notEqual(later.server.cert, renamed.server.cert);
  assert.notEqual(later.services['fleet-api'].cert, renamed.services['fleet-api'].cert);
  assert.equal(later.ca.cert, first.ca.cert);
  assert.equal(later.internalCa.cert, first.internalCa.cert);
});

for (const host of ['127.0.0.1', 'localhost', 'hub.example.org']) {
  test(`a client that trusts the CA accepts the server as ${host}`, async () => {
    const { ca, server } = await ensurePki({ folder, serverNames: ['hub.example.org'] });
    const listening = createServer({ cert: server.cert, key: server.key }).listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const address = listening.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const socket = connect({ port, host: '127.0.0.1', servername: host === '127.0.0.1' ? '' : host, ca: ca.cert });
    await once(socket, 'secureConnect');
    assert.ok(socket.authorized);
    socket.destroy();
    listening.close();
  });
}

test('a service shows its name to another by its certificate', async () => {
  const { internalCa, services } = await ensurePki({ folder, serverNames: [] });
  const listening = createServer({
    ca: internalCa.cert,
    cert: services['fleet-api'].cert,
    key: services['fleet-api'].key,
    requestCert: true,
    rejectUnauthorized: true,
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const address = listening.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const { cert, key } = services['auth-proxy'];
  const seen = once(listening, 'secureConnection');
  const socket = connect({ port, host: '127.0.0.1', ca: internalCa.cert, cert, key });
  try {
    await once(socket, 'secureConnect');
    const [peer] = await seen;
    assert.equal(serviceOfCertificate(socket.getPeerCertificate()), 'fleet-api');
    assert.equal(serviceOfCertificate(peer.getPeerCertificate()), 'auth-proxy');
  } finally {
    socket.destroy();
    listening.close();
  }
});
