import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { serviceUri } from '@drover/contracts';
import { type InternalServer, listenInternal } from './internal-server.ts';

interface Credentials {
  cert: string;
  key: string;
}

const exec = promisify(execFile);
let folder: string;
let ca: string;
let own: Credentials;
let server: InternalServer;
let handled = 0;

/** A certificate for `subject`, by the CA of that name, or its own. */
async function issue(name: string, names: string, issuer?: string): Promise<Credentials> {
  const at = (file: string): string => join(folder, file);
  await writeFile(at(`${name}.ext`), names);
  const request = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`];
  if (issuer === undefined) {
    await exec('openssl', [...request, '-x509', '-days', '2', '-keyout', at(`${name}.key`), '-out', at(`${name}.crt`)]);
  } else {
    await exec('openssl', [...request, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`)]);
    const by = ['-CA', at(`${issuer}.crt`), '-CAkey', at(`${issuer}.key`), '-CAcreateserial', '-days', '2'];
    await exec('openssl', [
      'x509',
      '-req',
      '-in',
      at(`${name}.csr`),
      ...by,
      '-extfile',
      at(`${name}.ext`),
      '-out',
      at(`${name}.crt`),
    ]);
  }
  return { cert: await readFile(at(`${name}.crt`), 'utf8'), key: await readFile(at(`${name}.key`), 'utf8') };
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-internal-'));
  ca = (await issue('ca', '')).cert;
  await issue('stranger-ca', '');
  own = await issue('fleet-api', `subjectAltName=IP:127.0.0.1,URI:${serviceUri('fleet-api')}`, 'ca');
  server = await listenInternal(
    { host: '127.0.0.1', port: 0, ca, ...own, allow: ['auth-proxy'] },
    {
      request: (_request, response) => {
        handled++;
        response.end('ok');
      },
    },
  );
});
after(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** The body of an answer; rejects where there is none. */
async function ask(credentials: Partial<Credentials>, agent = new Agent()): Promise<string> {
  const request = get({ host: server.host, port: server.port, ca, ...credentials, agent });
  const [response] = await once(request, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

test('the allowed service is served, also on a resumed TLS session', async () => {
  const proxy = await issue('auth-proxy', `subjectAltName=URI:${serviceUri('auth-proxy')}`, 'ca');
  const agent = new Agent({ keepAlive: false });
  assert.equal(await ask(proxy, agent), 'ok');
  assert.equal(await ask(proxy, agent), 'ok');
  agent.destroy();
});

test('nobody else is: another service, another CA, a name that only looks like it, no certificate, old TLS', async () => {
  const before = handled;
  const uri = serviceUri('auth-proxy');
  const strangers: Record<string, Partial<Credentials>> = {
    'another service': await issue('tunnel-gateway', `subjectAltName=URI:${serviceUri('tunnel-gateway')}`, 'ca'),
    'another CA': await issue('forged', `subjectAltName=URI:${uri}`, 'stranger-ca'),
    'the name in the wrong place': await issue('auth-proxy', 'subjectAltName=DNS:auth-proxy', 'ca'),
    'a longer name': await issue('longer', `subjectAltName=URI:${uri}/x`, 'ca'),
    'no certificate': {},
  };
  for (const [who, credentials] of Object.entries(strangers)) await assert.rejects(ask(credentials), who);
  const proxy = await issue('auth-proxy', `subjectAltName=URI:${uri}`, 'ca');
  const old: TLSSocket = connect({ host: server.host, port: server.port, ca, ...proxy, maxVersion: 'TLSv1.2' });
  await assert.rejects(once(old, 'secureConnect'));
  assert.equal(handled, before);
});

test('a port that is taken is a clear error', async () => {
  await assert.rejects(
    listenInternal({ host: '127.0.0.1', port: server.port, ca, ...own, allow: [] }, { request: () => {} }),
    { code: 'config-invalid', message: /cannot listen on 127\.0\.0\.1:\d+/ },
  );
});
