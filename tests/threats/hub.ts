import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, connectBus } from '@drover/bus';
import type { AuditRecord, JoinFile } from '@drover/contracts';
import { streams } from '@drover/contracts';
import { type LocalStackOptions, startLocalStack } from '@drover/local-stack';
import { eventually } from '@drover/testing';
import { Agent as HttpAgent, request } from 'undici';

/** What an HTTP server answered, with its body as text and, where it is JSON, parsed. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** `{}` where the body is no JSON object. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface CallOptions {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly token?: string;
  readonly body?: unknown;
  /** Pairs, so that one can be sent twice. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Another front door of the same hub. */
  readonly door?: string;
  readonly signal?: AbortSignal;
}

/** A hub with real NATS and Redis, for one test file; its services are in this process unless the test asks for others. */
export interface TestHub extends AsyncDisposable {
  readonly url: string;
  /** Every front door. */
  readonly urls: readonly string[];
  readonly port: number;
  readonly dataDir: string;
  /** PEM: signed the certificate of the front door. */
  readonly ca: string;
  /** The front door's own certificate and key, which a gateway holds, and so whoever took one over. */
  readonly certificate: { readonly cert: string; readonly key: string };
  readonly adminToken: string;
  readonly natsUrl: string;
  readonly redisUrl: string;
  call(path: string, options?: CallOptions): Promise<Answer>;
  /** Makes a user and signs in as him: his bearer token. */
  createUser(name: string, groups?: readonly string[]): Promise<string>;
  joinFile(cluster: string): Promise<JoinFile>;
  /** Connects to NATS as a service, or as the set-up. */
  bus(user: 'auth-proxy' | 'tunnel-gateway' | 'fleet-api' | 'setup'): Promise<Bus>;
  /** Every audit record that JetStream has kept by now. */
  audit(): Promise<AuditRecord[]>;
}

export const passwordOf = (user: string): string => `a long password of ${user}`;

/** Starts a hub in a new folder, or in a given one; the folder is removed with it. */
export async function startTestHub(
  options: Partial<Pick<LocalStackOptions, 'processes' | 'dataDir' | 'clock' | 'demo'>> = {},
): Promise<TestHub> {
  await using undo = new AsyncDisposableStack();
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'drover-threats-')));
  undo.defer(() => rm(dataDir, { recursive: true, force: true }));
  const stack = undo.use(await startLocalStack({ logLevel: 'silent', ...options, dataDir }));
  const http = new HttpAgent({ connect: { ca: stack.ca } });
  undo.defer(() => http.destroy());
  const natsUrl = await natsUrlOf(dataDir);

  const call: TestHub['call'] = async (path, { method = 'GET', token, body, headers = [], door, signal } = {}) => {
    const answer = await request(new URL(path, door ?? stack.url), {
      dispatcher: http,
      method,
      headers: [
        ...(token === undefined ? [] : ['authorization', `Bearer ${token}`]),
        ...(body === undefined ? [] : ['content-type', 'application/json']),
        ...headers.flat(),
      ],
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, json: jsonOf(text) };
  };
  const ask = async (path: string, options: CallOptions): Promise<Answer> => {
    const answer = await call(path, options);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer;
  };
  /** A token, which outlives a test, made by a login's credential, which might not. */
  const login = async (username: string, password: string): Promise<string> => {
    const session = await ask('/v1/login', { method: 'POST', body: { username, password } });
    const token = String(session.json['token']);
    // The front door knows the user a moment after fleet-api has answered.
    const made = await eventually(async () => {
      const answer = await call('/v1/tokens', { method: 'POST', token, body: {} });
      return answer.status === 201 && answer;
    });
    return String(made.json['token']);
  };

  const adminToken = await login('admin', (await readFile(join(dataDir, 'admin-password'), 'utf8')).trim());
  const connect: TestHub['bus'] = async name =>
    connectBus({ url: natsUrl, name, credsFile: join(dataDir, 'nats/creds', `${name}.creds`) });
  const setup = undo.use(await connect('setup'));
  const certificate = {
    cert: await readFile(join(dataDir, 'pki/server.crt'), 'utf8'),
    key: await readFile(join(dataDir, 'pki/server.key'), 'utf8'),
  };
  const redisUrl = await redisUrlOf(dataDir);
  await eventually(async () => (await call('/apis/drover.dev/v1/clusters', { token: adminToken })).status === 200);

  const resources = undo.move();
  return {
    url: stack.url,
    urls: stack.urls,
    port: Number(new URL(stack.url).port),
    dataDir,
    ca: stack.ca,
    certificate,
    adminToken,
    natsUrl,
    redisUrl,
    call,
    createUser: async (name, groups = []) => {
      const body = { username: name, password: passwordOf(name), groups };
      await ask('/v1/users', { method: 'POST', token: adminToken, body });
      const token = await login(name, passwordOf(name));
      // The front door knows the token a moment after fleet-api has answered.
      await eventually(async () => (await call('/apis/drover.dev/v1/clusters', { token })).status === 200);
      return token;
    },
    joinFile: async cluster =>
      (await ask(`/v1/clusters/${cluster}/join`, { method: 'POST', token: adminToken, body: {} })).json[
        'join'
      ] as JoinFile,
    bus: async name => {
      const bus = await connect(name);
      resources.use(bus);
      return bus;
    },
    audit: () => auditRecords(setup),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The server wrote its port into a file. */
async function natsUrlOf(dataDir: string): Promise<string> {
  const folder = join(dataDir, 'nats/ports');
  for (const name of await readdir(folder)) {
    const url = /nats:\/\/127\.0\.0\.1:\d+/.exec(await readFile(join(folder, name), 'utf8'))?.[0];
    if (url !== undefined) return url;
  }
  throw new Error(`no NATS port in ${folder}`);
}

async function redisUrlOf(dataDir: string): Promise<string> {
  const config = await readFile(join(dataDir, 'redis/redis.conf'), 'utf8');
  const value = (name: string): string | undefined => new RegExp(`^${name} (\\S+)$`, 'm').exec(config)?.[1];
  return `redis://:${value('requirepass')}@127.0.0.1:${value('port')}`;
}

async function auditRecords(setup: Bus): Promise<AuditRecord[]> {
  const { name } = streams.audit;
  const { state } = await setup.manager.streams.info(name);
  const records: AuditRecord[] = [];
  for (let seq = state.first_seq; state.messages > 0 && seq <= state.last_seq; seq++) {
    const message = await setup.manager.streams.getMessage(name, { seq });
    if (message === null) continue;
    for (const line of Buffer.from(message.data).toString('utf8').split('\n')) {
      if (line !== '') records.push(JSON.parse(line));
    }
  }
  return records;
}
