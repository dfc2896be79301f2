import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JoinFile } from '@drover/contracts';
import { type Background, eventually, repositoryRoot, start, type TestCluster } from '@drover/testing';
import { Agent as HttpAgent, request } from 'undici';

/** The first start makes keys and certificates; all of it takes a few seconds on an idle machine. */
const readyTimeoutMs = 90_000;
const connectedTimeoutMs = 60_000;

/** How the hub runs: everything in one process, or each service in its own, with two auth-proxies and two gateways. */
export type HubMode = 'one process' | 'processes';
export const hubModes: readonly HubMode[] = ['one process', 'processes'];

/** What the hub answered; the body is JSON where it says so. */
export interface HubAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A whole hub as `npm start` runs it, for one test file. */
export interface Hub extends AsyncDisposable {
  /** The first front door. */
  readonly url: string;
  /** Every front door. */
  readonly urls: readonly string[];
  readonly port: number;
  readonly dataDir: string;
  /** PEM of the CA that signed its certificate, and the file that holds it. */
  readonly ca: string;
  readonly caFile: string;
  /** The administrator's bearer token. */
  readonly adminToken: string;
  /** What the hub has written to its output: its log. */
  log(): string;
  call(path: string, options?: CallOptions): Promise<HubAnswer>;
  /** Makes a user and signs in as him; gives the bearer token. */
  createUser(name: string, groups?: readonly string[]): Promise<string>;
  joinFile(cluster: string): Promise<JoinFile>;
  /** Registers the cluster, starts `drover agent` beside it and waits until requests reach it. */
  connect(cluster: string, beside: TestCluster): Promise<Background>;
  /** A kubeconfig for the cluster (or, without one, the hub's own API) with a token inside, at one of the front doors. */
  kubeconfig(cluster: string | undefined, token: string, door?: string): Promise<string>;
  readonly process: Background;
}

/** Starts a hub with data of its own on a free port. */
export async function startHub(mode: HubMode, env: Readonly<Record<string, string>> = {}): Promise<Hub> {
  await using undo = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'drover-hub-'));
  undo.defer(() => rm(dataDir, { recursive: true, force: true }));
  const flags = mode === 'processes' ? ['--processes', '--auth-proxies', '2', '--gateways', '2'] : [];
  const program = start(process.execPath, [join(repositoryRoot, 'libs/local-stack/src/main.ts'), ...flags], {
    cwd: repositoryRoot,
    env: { DROVER_LISTEN: '127.0.0.1:0', ...env, DROVER_DATA_DIR: dataDir },
  });
  undo.use(program);
  const log = (): string => program.stdout() + program.stderr();
  let ended: number | undefined;
  void program.exited.then(code => {
    ended = code;
  });
  const url = await eventually(
    () => {
      if (ended !== undefined) return new Error(`the hub ended with code ${ended}:\n${log()}`);
      return /^drover ready (\S+)/m.exec(program.stdout())?.[1];
    },
    { timeoutMs: readyTimeoutMs },
  ).catch(() => new Error(`the hub was not ready after ${readyTimeoutMs} ms:\n${log()}`));
  if (url instanceof Error) throw url;
  const others = [...program.stdout().matchAll(/^another front door: (\S+)$/gm)].map(([, door = '']) => door);

  const caFile = join(dataDir, 'pki/ca.crt');
  const ca = await readFile(caFile, 'utf8');
  const http = new HttpAgent({ connect: { ca } });
  undo.defer(() => http.close());

  const call: Hub['call'] = async (path, { method = 'GET', token, body, headers } = {}) => {
    const answer = await request(new URL(path, url), {
      dispatcher: http,
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    const json = String(answer.headers['content-type']).startsWith('application/json');
    return { status: answer.statusCode, headers: answer.headers, body: json ? JSON.parse(text) : text };
  };
  const ask = async (path: string, options: CallOptions): Promise<Record<string, unknown>> => {
    const answer = await call(path, options);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as Record<string, unknown>;
  };
  /** A token, which outlives a test, made by a login's credential, which might not. */
  const login = async (username: string, password: string): Promise<string> => {
    const session = await ask('/v1/login', { method: 'POST', body: { username, password } });
    const token = String(session['token']);
    // The front door knows the user a moment after fleet-api has answered.
    const made = await eventually(async () => {
      const answer = await call('/v1/tokens', { method: 'POST', token, body: {} });
      return answer.status === 201 && (answer.body as Record<string, unknown>);
    });
    return String(made['token']);
  };
  const adminToken = await login('admin', (await readFile(join(dataDir, 'admin-password'), 'utf8')).trim());

  const resources = undo.move();
  let files = 0;
  const hub: Hub = {
    url,
    urls: [url, ...others],
    port: Number(new URL(url).port),
    dataDir,
    ca,
    caFile,
    adminToken,
    log,
    call,
    process: program,
    createUser: async (name, groups = []) => {
      const password = `a long password of ${name}`;
      await ask('/v1/users', { method: 'POST', token: adminToken, body: { username: name, password, groups } });
      // The user is known to every auth-proxy a moment after fleet-api has answered.
      return login(name, password);
    },
    joinFile: async cluster => {
      const answer = await ask(`/v1/clusters/${cluster}/join`, { method: 'POST', token: adminToken, body: {} });
      return answer['join'] as JoinFile;
    },
    connect: async (cluster, beside) => {
      const file = join(dataDir, `${cluster}.join`);
      await writeFile(file, JSON.stringify(await hub.joinFile(cluster)), { mode: 0o600 });
      const agent = start(join(repositoryRoot, 'cli/bin/drover'), [
        ...['agent', '--join', file],
        ...['--kubeconfig', beside.kubeconfig],
      ]);
      resources.use(agent);
      await eventually(
        async () => (await call(`/k8s/clusters/${cluster}/version`, { token: adminToken })).status === 200,
        { timeoutMs: connectedTimeoutMs, everyMs: 200 },
      ).catch(error => {
        throw new Error(`cluster ${cluster} did not connect: ${error}\n${agent.stderr()}\n${log()}`);
      });
      return agent;
    },
    kubeconfig: async (cluster, token, door = url) => {
      const file = join(dataDir, `test-${files++}.kubeconfig`);
      const server = cluster === undefined ? door : `${door}/k8s/clusters/${cluster}`;
      await writeFile(file, kubeconfigText(server, ca, token), { mode: 0o600 });
      return file;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
  return hub;
}

/** A kubeconfig is YAML, and so may be JSON. An empty token: no credential at all. */
export const kubeconfigText = (server: string, ca: string, token: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'it', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name: 'it', user: token === '' ? {} : { token } }],
    contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
    'current-context': 'it',
  });
