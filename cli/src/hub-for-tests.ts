import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { DroverError, statusOf } from '@drover/errors';

const exec = promisify(execFile);

/** What a client sent. */
export interface SeenRequest {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** A hub's HTTP API with canned answers, behind a certificate of a CA of its own. */
export interface TestHub extends AsyncDisposable {
  readonly url: string;
  /** PEM, and the file that holds it. */
  readonly ca: string;
  readonly caFile: string;
  readonly folder: string;
  readonly seen: SeenRequest[];
  /** Answers by `METHOD /path`; an error becomes its `Status`. */
  readonly answers: Map<string, object | DroverError>;
}

/** When the sessions of the test hub end, and their first access credential. */
export const sessionEnd = '2030-01-01T00:00:00Z';
export const accessEnd = '2029-12-31T12:10:00Z';
/** What requests are sent with. */
export const testAccess = 'header.access-of-the-tests.signature';
/** What renews it. */
export const testSession = 'header.session-of-the-tests.signature';
export const sessionId = '5e551011-0000-4000-8000-000000000000';

const cluster = (name: string, status: object = {}): object => ({
  apiVersion: 'drover.dev/v1',
  kind: 'Cluster',
  metadata: { name, uid: `uid-${name}` },
  spec: {},
  status,
});

/** Starts a hub; `names` are those of its certificate. */
export async function startTestHub({ names = 'IP:127.0.0.1' }: { names?: string } = {}): Promise<TestHub> {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'drover-cli-'));
  undo.defer(() => rm(folder, { recursive: true }));
  const { cert, key, ca, caFile } = await certificates(folder, names);
  const seen: SeenRequest[] = [];
  const answers: TestHub['answers'] = new Map();
  const server = createServer({ cert, key }, async (request, response) => {
    const line = `${request.method} ${request.url}`;
    seen.push({ line, authorization: request.headers.authorization, body: await text(request) });
    const answer = answers.get(line) ?? new DroverError('not-found', `no answer to ${line}`);
    const failed = answer instanceof DroverError;
    response.writeHead(failed ? answer.entry.httpStatus : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(failed ? statusOf(answer) : answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.defer(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  const url = `https://127.0.0.1:${port}`;
  const session = {
    token: testAccess,
    expiresAt: accessEnd,
    session: testSession,
    sessionExpiresAt: sessionEnd,
    name: sessionId,
    user: 'alice',
  };
  answers.set('GET /v1/hub', { id: 'hub-1', url, version: '1.2.3', ca });
  answers.set('POST /v1/login', session);
  answers.set('POST /v1/tokens', { token: 'drv_minted', name: 'minted', user: 'alice', expiresAt: sessionEnd });
  answers.set(`DELETE /v1/sessions/${sessionId}`, {});
  answers.set('GET /apis/drover.dev/v1/clusters?limit=500', {
    metadata: { continue: 'next page' },
    items: [cluster('beta', { connected: false, lastSeen: '2029-06-01T00:00:00Z', pendingAgentKeys: ['k'] })],
  });
  answers.set('GET /apis/drover.dev/v1/clusters?limit=500&continue=next+page', {
    metadata: {},
    items: [cluster('alpha', { connected: true, kubernetesVersion: 'v1.30.0', agentVersion: '1.2.3' })],
  });
  const resources = undo.move();
  return { url, ca, caFile, folder, seen, answers, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** A CA and a server certificate of it. */
async function certificates(folder: string, names: string) {
  const at = (file: string): string => join(folder, file);
  const request = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await exec('openssl', [
    ...[...request, '-x509', '-subj', '/CN=test CA', '-days', '2'],
    ...['-keyout', at('ca.key'), '-out', at('ca.crt')],
  ]);
  await exec('openssl', [...request, '-subj', '/CN=hub', '-keyout', at('hub.key'), '-out', at('hub.csr')]);
  await writeFile(at('hub.ext'), `subjectAltName=${names}\n`);
  await exec('openssl', [
    ...['x509', '-req', '-in', at('hub.csr'), '-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial'],
    ...['-days', '2', '-extfile', at('hub.ext'), '-out', at('hub.crt')],
  ]);
  const [cert, key, ca] = await Promise.all(['hub.crt', 'hub.key', 'ca.crt'].map(file => readFile(at(file), 'utf8')));
  return { cert, key, ca: ca ?? '', caFile: at('ca.crt') };
}
