import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, repositoryRoot, startCluster } from '@drover/testing';
import { startServer, succeed } from './command.ts';
import { ask } from './https-client.ts';
import { processTree } from './process-tree.ts';

/** An API that serves Clusters, over TLS and to a bearer token of an administrator. */
export interface ApiSide extends AsyncDisposable {
  readonly name: 'hub' | 'kube-apiserver';
  /** The collection: `…/apis/drover.dev/v1/clusters`. */
  readonly url: string;
  /** The file of the CA that signed the server's certificate. */
  readonly ca: string;
  readonly token: string;
  /** The process that serves the API. */
  readonly pid: number;
  /** What it keeps objects in, and whatever else it needs. */
  storePids(): number[];
}

const collection = '/apis/drover.dev/v1/clusters';

/** A whole hub as `npm start` runs it: the front door, the API and everything else in one process, with NATS and Redis. */
export async function startHubSide(folder: string): Promise<ApiSide> {
  await using opening = new AsyncDisposableStack();
  const data = join(folder, 'hub');
  const address = `127.0.0.1:${await freePorts(1)}`;
  const hub = opening.use(
    await startServer(
      process.execPath,
      [...hubFlags(), join(repositoryRoot, 'libs/local-stack/src/main.ts')],
      async ({ stdout }) => stdout().includes('drover ready'),
      { DROVER_DATA_DIR: data, DROVER_LISTEN: address, DROVER_LOG_LEVEL: 'warn' },
    ),
  );
  const ca = join(data, 'pki', 'ca.crt');
  const password = (await readFile(join(data, 'admin-password'), 'utf8')).trim();
  const post = async (path: string, json: object, as?: string): Promise<string> => {
    const credential = as === undefined ? {} : { token: as };
    const answer = await ask(`https://${address}${path}`, { ca, method: 'POST', json, ...credential });
    return (JSON.parse(answer.body.toString()) as { token: string }).token;
  };
  // A login's own credential lives for minutes.
  const login = await post('/v1/login', { username: 'admin', password });
  const token = await post('/v1/tokens', { ttlSeconds: 3_600 }, login);
  const pid = pidOf(hub.child.pid);
  const open = opening.move();
  return {
    name: 'hub',
    url: `https://${address}${collection}`,
    ca,
    token,
    pid,
    storePids: () => processTree(pid).filter(other => other !== pid),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** As the script `start` of package.json runs it, and whatever `DROVER_BENCH_NODE_FLAGS` adds (`--cpu-prof`). */
const hubFlags = (): string[] => [
  '--max-semi-space-size=1',
  ...(process.env.DROVER_BENCH_NODE_FLAGS ?? '').split(' ').filter(flag => flag !== ''),
];

/** The testbed's kube-apiserver with the hub's kinds as custom resources. */
export async function startKubeSide(folder: string): Promise<ApiSide> {
  await using opening = new AsyncDisposableStack();
  const token = randomBytes(32).toString('base64url');
  const tokens = join(folder, 'tokens.csv');
  await writeFile(tokens, `${token},bench,bench,system:masters\n`, { mode: 0o600 });
  const cluster = opening.use(await startCluster({ apiserverFlags: [`--token-auth-file=${tokens}`] }));
  const crd = join(repositoryRoot, 'k8s/crds/drover.dev_clusters.yaml');
  await succeed('kubectl', ['--kubeconfig', cluster.kubeconfig, 'apply', '-f', crd]);
  const established = ['wait', '--for=condition=Established', 'crd/clusters.drover.dev', '--timeout=60s'];
  await succeed('kubectl', ['--kubeconfig', cluster.kubeconfig, ...established]);
  const pidIn = async (name: string): Promise<number> =>
    Number(await readFile(join(cluster.dir, `${name}.pid`), 'utf8'));
  const [pid, etcd] = [await pidIn('apiserver'), await pidIn('etcd')];
  const open = opening.move();
  return {
    name: 'kube-apiserver',
    url: `https://127.0.0.1:${cluster.port}${collection}`,
    ca: join(cluster.dir, 'pki', 'ca.crt'),
    token,
    pid,
    storePids: () => [etcd],
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

function pidOf(pid: number | undefined): number {
  if (pid === undefined) throw new Error('the hub has no process');
  return pid;
}
