import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, freePorts, repositoryRoot } from '@drover/testing';
import type { Backend } from './backend.ts';
import { startServer } from './command.ts';
import { ask } from './https-client.ts';
import { processTree } from './process-tree.ts';
import type { ScratchPki } from './scratch-pki.ts';

/** A hub as `npm start` runs it and an agent as a process of its own, with the backend as the agent's kube-apiserver. */
export interface HubUnderTest extends AsyncDisposable {
  /** The cluster's URL on the hub: `…/k8s/clusters/bench`. */
  readonly url: string;
  /** A user's bearer token. */
  readonly token: string;
  /** The file of the CA that signed the hub's certificate. */
  readonly ca: string;
  /** Everything that the hub runs, NATS and Redis included, and the agent. */
  pids(): number[];
}

export interface HubOptions {
  readonly folder: string;
  readonly pki: ScratchPki;
  readonly backend: Backend;
  readonly processes: boolean;
  /** Added to the environment of hub and agent. */
  readonly env?: Readonly<Record<string, string>>;
}

const cluster = 'bench';

export async function startHub({ folder, pki, backend, processes, env = {} }: HubOptions): Promise<HubUnderTest> {
  await using opening = new AsyncDisposableStack();
  const port = await freePorts(1);
  const data = join(folder, `hub-${randomBytes(4).toString('hex')}`);
  const hub = opening.use(
    await startServer(
      process.execPath,
      [
        '--max-semi-space-size=1',
        join(repositoryRoot, 'libs/local-stack/src/main.ts'),
        ...(processes ? ['--processes'] : []),
      ],
      async ({ stdout }) => stdout().includes('drover ready'),
      { ...env, DROVER_DATA_DIR: data, DROVER_LISTEN: `127.0.0.1:${port}`, DROVER_LOG_LEVEL: 'warn' },
    ),
  );
  const address = `https://127.0.0.1:${port}`;
  const ca = join(data, 'pki', 'ca.crt');
  const password = (await readFile(join(data, 'admin-password'), 'utf8')).trim();
  const login = await post(`${address}/v1/login`, { ca, json: { username: 'admin', password } });
  // A login's own credential lives for minutes.
  const made = await post(`${address}/v1/tokens`, { ca, token: String(login.token), json: { ttlSeconds: 3_600 } });
  const token = String(made.token);
  const { join: joinFile } = await post(`${address}/v1/clusters/${cluster}/join`, { ca, token, json: {} });

  const joinPath = join(data, 'bench.join');
  await writeFile(joinPath, JSON.stringify(joinFile), { mode: 0o600 });
  const agent = opening.use(
    await startServer(
      process.execPath,
      ['--max-semi-space-size=1', join(import.meta.dirname, 'agent.ts'), joinPath, backend.url, pki.ca],
      async ({ stdout }) => stdout().includes('connected'),
      env,
    ),
  );
  const url = `${address}/k8s/clusters/${cluster}`;
  await eventually(async () => (await ask(`${url}/bench/2k`, { ca, token })).status === 200, { timeoutMs: 15_000 });
  const open = opening.move();
  return {
    url,
    token,
    ca,
    pids: () => [hub, agent].flatMap(({ child }) => (child.pid === undefined ? [] : processTree(child.pid))),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

async function post(
  url: string,
  options: { readonly ca: string; readonly token?: string; readonly json: unknown },
): Promise<Record<string, unknown>> {
  const { status, body } = await ask(url, { ...options, method: 'POST' });
  if (status >= 300) throw new Error(`POST ${url}: ${status} ${body.toString().slice(0, 500)}`);
  return JSON.parse(body.toString()) as Record<string, unknown>;
}
