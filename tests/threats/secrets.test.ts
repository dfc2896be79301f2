import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createLogger } from '@drover/telemetry';
import { type Background, cannotStartCluster, eventually, kubectl, run, startCluster } from '@drover/testing';
import { type Hub, type HubMode, hubModes, startHub } from '../e2e/hub.ts';
import { startAgent } from './agent.ts';
import { openRaw, upgradeHead } from './raw-connection.ts';

const secretBody = 'the-body-of-a-secret-4711';
const configBody = 'the-body-of-a-config-map-4711';
const password = 'the-password-of-alice-4711';
const wrongPassword = 'a-wrong-password-4711';
const cookie = 'the-value-of-a-cookie-4711';
const opaque = 'an-opaque-bearer-4711';
const queryToken = 'a-token-in-a-query-4711';
/** Not a secret, and so a proof that the search finds what is there. */
const mark = 'mark-of-a-busy-session-4711';

/** Files whose purpose is to hold a secret; the data folder closes them to others, and a test of local-stack checks that. */
const keepers =
  /admin-password$|admin\.kubeconfig$|\.key$|\.creds$|\.conf$|identity\.json$|authority\.json$|\.join$|\.kubeconfig$/;

/** An agent that serves nothing asks its cluster nothing. */
const nowhere = {
  url: new URL('https://127.0.0.1:1'),
  host: '127.0.0.1',
  port: 1,
  basePath: '',
  tls: { rejectUnauthorized: true },
};

for (const mode of hubModes) {
  describe(`secrets after a busy session on a real cluster, hub as ${mode}`, { skip: cannotStartCluster() }, () =>
    testSecrets(mode),
  );
}

function testSecrets(mode: HubMode): void {
  const running = new AsyncDisposableStack();
  let hub: Hub;
  let agent: Background;
  /** What agents log that the hub does not admit, or that do not find it. */
  const complaints: string[] = [];
  const secrets: Record<string, string> = {
    'the body of a Secret': secretBody,
    'the body of a Secret, base64': Buffer.from(secretBody).toString('base64'),
    'the body of a ConfigMap': configBody,
    'a password': password,
    'a wrong password': wrongPassword,
    'a cookie': cookie,
    'an opaque bearer': opaque,
    'a token in a query': queryToken,
  };

  before(async () => {
    const cluster = running.use(await startCluster());
    hub = running.use(await startHub(mode, { DROVER_LOG_LEVEL: 'trace' }));
    agent = await hub.connect('alpha', cluster);
    await busySession();
  });
  after(() => running.disposeAsync());

  const busySession = async (): Promise<void> => {
    const { adminToken: token } = hub;
    const ask = (path: string, method: 'GET' | 'POST', body?: unknown, as?: string) =>
      hub.call(path, { method, ...(as === undefined ? {} : { token: as }), ...(body === undefined ? {} : { body }) });
    await ask('/v1/users', 'POST', { username: 'alice', password, groups: ['admins'] }, token);
    const login = await ask('/v1/login', 'POST', { username: 'alice', password });
    const alice = String((login.body as { token: string }).token);
    await ask('/v1/login', 'POST', { username: 'alice', password: wrongPassword });
    await ask('/v1/login', 'POST', { username: 'alice', password: [wrongPassword] });
    await ask(`/v1/login?password=${wrongPassword}`, 'GET');
    const made = await ask('/v1/tokens', 'POST', { description: mark }, alice);
    const file = await hub.joinFile('beta');
    await ask(`/v1/import/${file.joinToken}.yaml`, 'GET');
    await ask(`/v1/import/${file.joinToken}x.yaml`, 'GET');
    Object.assign(secrets, {
      'the administrator’s token': token,
      'a token of a login': alice,
      'a token that was made': String((made.body as { token: string }).token),
      'a join token': file.joinToken,
    });

    const env = { KUBECONFIG: await hub.kubeconfig('alpha', alice), HOME: hub.dataDir };
    const program = await kubectl();
    const steps = [
      ['create', 'secret', 'generic', 'one', `--from-literal=key=${secretBody}`],
      ['create', 'configmap', mark, `--from-literal=key=${configBody}`],
      ['get', 'secrets', '-A', '-o', 'yaml'],
      ['annotate', 'secret', 'one', `note=${secretBody}`],
      ['create', 'secret', 'generic', 'one', `--from-literal=key=${secretBody}`], // exists
      ['delete', 'secret', 'one'],
      ['get', '--raw', `/api?access_token=${queryToken}&mark=${mark}`],
    ];
    for (const step of steps) await run(program, step, { env });

    const path = '/k8s/clusters/alpha/api/v1/secrets';
    const odd: Record<string, string>[] = [
      { authorization: `Bearer ${opaque}` },
      { authorization: `Bearer ${alice}x` },
      { authorization: `Basic ${Buffer.from(`alice:${password}`).toString('base64')}` },
      { authorization: `Bearer ${alice}`, cookie: `session=${cookie}` },
      { cookie: `session=${cookie}` },
      { authorization: `Bearer ${alice}`, 'impersonate-user': 'system:admin' },
    ];
    for (const headers of odd) {
      await hub.call(path, { headers });
      await hub.call('/apis/drover.dev/v1/users', { headers });
      await hub.call(`/k8s/clusters/nowhere/api?token=${queryToken}`, { headers });
      await hub.call(`/k8s/clusters/alpha//api?token=${queryToken}`, { headers });
    }
    for (const bearer of [alice, opaque]) {
      using client = await openRaw(hub, hub.url);
      const encoded = Buffer.from(bearer).toString('base64url');
      secrets[`a bearer of a WebSocket (${bearer === alice ? 'good' : 'bad'})`] = encoded;
      const protocols = `sec-websocket-protocol: base64url.bearer.authorization.k8s.io.${encoded}, v4.channel.k8s.io`;
      const head = upgradeHead('/k8s/clusters/alpha/api/v1/namespaces/default/pods/none/exec', 'none', {
        method: 'GET',
        protocol: 'websocket',
        more: ['sec-websocket-version: 13', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==', protocols],
      });
      client.write(head.replace(/authorization: .*\r\n/, ''));
      await eventually(client.closed);
    }
    // An agent with a join token that is no more, and one whose hub is gone: their complaints are logs as well.
    const logger = createLogger({
      name: 'agent',
      level: 'trace',
      destination: { write: line => void complaints.push(line) },
    });
    const ended = await hub.joinFile('late');
    const [, id = ''] = ended.joinToken.split('_');
    await hub.call(`/apis/drover.dev/v1/jointokens/${id}`, { method: 'DELETE', token });
    await using _late = startAgent(ended, nowhere, { logger });
    await using _lost = startAgent({ ...ended, hub: { ...ended.hub, tunnelUrls: ['https://127.0.0.1:1'] } }, nowhere, {
      logger,
    });
    await eventually(() => ['not-admitted', 'unreachable'].every(code => complaints.some(line => line.includes(code))));
    secrets['a join token that is no more'] = ended.joinToken;
    await eventually(async () => (await stored()).includes(mark));
  };

  /** Everything that the hub keeps, but for the files whose purpose it is: JetStream with audit and events, Redis, the spool. */
  const stored = async (): Promise<string> => {
    const names = await readdir(hub.dataDir, { recursive: true, withFileTypes: true });
    const files = names
      .filter(entry => entry.isFile() && !keepers.test(entry.name))
      .map(entry => join(entry.parentPath, entry.name));
    const texts = await Promise.all(files.map(file => readFile(file, 'latin1').catch(() => '')));
    return files.map((file, at) => `${file}\n${texts[at]}`).join('\n');
  };
  const context = (text: string, secret: string): string => {
    const at = text.indexOf(secret);
    return text.slice(Math.max(0, at - 200), at + secret.length);
  };

  test('T19 the search finds what is there', async () => {
    const text = await stored();
    assert.ok(text.includes(`configmaps/${mark}`) || text.includes(mark), 'the audit stream is not searched');
    assert.match(hub.log(), /login refused/);
    assert.match(agent.stderr(), /connected to the hub/);
    for (const [what, secret] of Object.entries(secrets)) assert.ok(secret.length > 12, `${what}: ${secret}`);
  });

  test('T19 no secret stands in the logs of the hub and its agent', () => {
    const logs = hub.log() + agent.stdout() + agent.stderr() + complaints.join('');
    for (const [what, secret] of Object.entries(secrets)) {
      assert.ok(!logs.includes(secret), `${what}: ${context(logs, secret)}`);
    }
    assert.doesNotMatch(logs, /eyJ[\w-]{10,}\.[\w-]{10,}/, 'a JWS');
    assert.doesNotMatch(logs, /PRIVATE KEY/);
    assert.doesNotMatch(logs, /\$argon2id\$/);
  });

  test('T19 no secret stands in audit, events, Redis or spool', async () => {
    const text = await stored();
    for (const [what, secret] of Object.entries(secrets)) {
      assert.ok(!text.includes(secret), `${what}: ${context(text, secret)}`);
    }
  });

  test('T19 no answer of the hub shows a hash, a password or a token', async () => {
    for (const resource of ['users', 'tokens', 'clusters', 'jointokens']) {
      const { body } = await hub.call(`/apis/drover.dev/v1/${resource}`, { token: hub.adminToken });
      const text = JSON.stringify(body);
      assert.doesNotMatch(text, /"hash"|argon2|[0-9a-f]{64}|PRIVATE/, resource);
      for (const [what, secret] of Object.entries(secrets)) assert.ok(!text.includes(secret), `${resource}: ${what}`);
    }
    const passwords = await hub.call('/apis/drover.dev/v1/passwords', { token: hub.adminToken });
    assert.equal(passwords.status, 404);
  });
}
