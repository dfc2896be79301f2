import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, kubectl, repositoryRoot, run } from '@drover/testing';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import type { RestartableHub } from './hub.ts';
import type { Side } from './side.ts';

/** A new definition is served within a second or two, and told in /openapi/v2 a little later. */
const servedTimeoutMs = 60_000;

/** The hub as a side, asked as its administrator. */
export async function hubSide(hub: RestartableHub, undo: AsyncDisposableStack): Promise<Side> {
  return {
    name: 'hub',
    url: hub.url,
    dispatcher: opened(new Agent({ connect: { ca: hub.ca }, allowH2: false }), undo),
    headers: { authorization: `Bearer ${hub.adminToken}` },
    kubeconfig: hub.kubeconfig,
    home: await folder(undo),
  };
}

interface AdminKubeconfig {
  readonly clusters: [
    { cluster: { server: string; 'certificate-authority'?: string; 'certificate-authority-data'?: string } },
  ];
  readonly users: [{ user: Readonly<Record<string, string>> }];
}

/** A testbed's kube-apiserver as a side, once it serves the definitions of k8s/crds. */
export async function testbedSide(kubeconfig: string, undo: AsyncDisposableStack): Promise<Side> {
  const { clusters, users } = parse(await readFile(kubeconfig, 'utf8')) as AdminKubeconfig;
  const { server, ...trust } = clusters[0].cluster;
  const { user } = users[0];
  const pem = async (given: Readonly<Record<string, string | undefined>>, name: string): Promise<string> => {
    const data = given[`${name}-data`];
    return data === undefined ? readFile(given[name] ?? '', 'utf8') : Buffer.from(data, 'base64').toString('utf8');
  };
  const connect = {
    ca: await pem(trust, 'certificate-authority'),
    ...(user['token'] === undefined
      ? { cert: await pem(user, 'client-certificate'), key: await pem(user, 'client-key') }
      : {}),
  };
  const side: Side = {
    name: 'testbed',
    url: server,
    dispatcher: opened(new Agent({ connect, allowH2: false }), undo),
    headers: user['token'] === undefined ? {} : { authorization: `Bearer ${user['token']}` },
    kubeconfig,
    home: await folder(undo),
  };
  const args = ['--kubeconfig', kubeconfig, 'apply', '-f', join(repositoryRoot, 'k8s/crds')];
  const applied = await run(await kubectl(), args, { env: { HOME: side.home } });
  if (applied.code !== 0) throw new Error(`k8s/crds was refused: ${applied.stderr}`);
  await eventually(
    async () => {
      const { body } = await request(`${server}/openapi/v2`, side);
      return (await body.text()).includes('dev.drover.v1.User"');
    },
    { timeoutMs: servedTimeoutMs, everyMs: 500 },
  );
  return side;
}

function opened(agent: Agent, undo: AsyncDisposableStack): Agent {
  undo.defer(() => agent.close());
  return agent;
}

async function folder(undo: AsyncDisposableStack): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'drover-conformance-home-'));
  undo.defer(() => rm(home, { recursive: true, force: true }));
  return home;
}
