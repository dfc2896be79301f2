import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockNode } from './node-lock.ts';
import { freePorts } from './ports.ts';
import { run } from './run.ts';
import { testbed } from './testbed.ts';

/** A cluster is up in 8 to 12 s on an idle machine; a busy one may need many times that. */
const upTimeoutMs = 180_000;
const downTimeoutMs = 60_000;
/** etcd, API server, controllers and scheduler take so many neighbouring ports. */
const portsOfCluster = 5;

/** What a test wants of its cluster. */
export interface ClusterOptions {
  /** With a kubelet that runs real pods; one a machine, so this may wait for another test to end. */
  readonly node?: boolean;
  /** Added to kube-apiserver, as `--flag=value`. */
  readonly apiserverFlags?: readonly string[];
  /** Kubernetes audit policy (YAML or JSON); then {@link TestCluster.auditLog} has what it keeps. */
  readonly auditPolicy?: string;
  readonly signal?: AbortSignal;
}

/** One record of the cluster's own audit log (`audit.k8s.io/v1.Event`), as far as tests read it. */
export interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: {
    readonly username: string;
    readonly groups?: readonly string[];
    readonly extra?: Record<string, string[]>;
  };
  readonly impersonatedUser?: AuditEvent['user'];
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
}

/** The processes of a test cluster that a test may stop or freeze. */
export type ClusterProcess = 'apiserver' | 'etcd' | 'controller-manager' | 'kubelet';

/** A real Kubernetes cluster on loopback. */
export interface TestCluster extends AsyncDisposable {
  /** The administrator's kubeconfig. */
  readonly kubeconfig: string;
  readonly dir: string;
  /** kube-apiserver's, on 127.0.0.1. */
  readonly port: number;
  /** Everything in the audit log by now; empty without a policy. */
  auditLog(): Promise<AuditEvent[]>;
  /** Sends a signal to one of its processes. */
  signal(name: ClusterProcess, signal: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a cluster of its own for a test file, on ports that are free. Ask {@link cannotStartCluster} first.
 *
 * @example
 * await using cluster = await startCluster({ node: true });
 * await run('kubectl', ['--kubeconfig', cluster.kubeconfig, 'get', 'nodes']);
 */
export async function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const found = testbed();
  if (found.missing !== undefined) throw new Error(found.missing);
  await using undo = new AsyncDisposableStack();
  if (options.node) undo.use(await lockNode(options.signal));

  const dir = await mkdtemp(join(tmpdir(), 'drover-cluster-'));
  undo.defer(() => rm(dir, { recursive: true, force: true }));
  const flags = [...(options.apiserverFlags ?? [])];
  const auditPath = join(dir, 'audit.log');
  if (options.auditPolicy !== undefined) {
    await writeFile(join(dir, 'audit-policy.yaml'), options.auditPolicy);
    flags.push(`--audit-policy-file=${join(dir, 'audit-policy.yaml')}`, `--audit-log-path=${auditPath}`);
  }

  const down = ['down', '--dir', dir];
  undo.defer(async () => {
    await run(found.cluster, down, { timeoutMs: downTimeoutMs });
  });
  undo.use(onSuddenEnd(() => spawnSync(found.cluster, down, { timeout: downTimeoutMs })));
  const port = await up(found.cluster, dir, options, flags);

  const resources = undo.move();
  const stop = (): Promise<void> => resources.disposeAsync();
  return {
    kubeconfig: join(dir, 'admin.kubeconfig'),
    dir,
    port,
    auditLog: async () => {
      const text = options.auditPolicy === undefined ? '' : await readFile(auditPath, 'utf8').catch(() => '');
      return text
        .split('\n')
        .filter(line => line.endsWith('}'))
        .map(line => JSON.parse(line) as AuditEvent);
    },
    signal: async (name, signal) => {
      process.kill(Number(await readFile(join(dir, `${name}.pid`), 'utf8')), signal);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Ports are free when asked, and may be taken a moment later: then once more, on others. */
async function up(program: string, dir: string, options: ClusterOptions, flags: readonly string[]): Promise<number> {
  for (let left = 2; ; left--) {
    const port = await freePorts(portsOfCluster);
    const args = ['up', '--dir', dir, '--port', String(port), ...(options.node ? ['--node'] : [])];
    const { code, stderr } = await run(program, [...args, ...flags.map(flag => `--apiserver-flag=${flag}`)], {
      timeoutMs: upTimeoutMs,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    if (code === 0) return port;
    const log = await readFile(join(dir, 'apiserver.log'), 'utf8').catch(() => '');
    if (left === 0)
      throw new Error(`the test cluster did not start (exit code ${code}): ${stderr}\n${log.slice(-2_000)}`);
    await run(program, ['down', '--dir', dir], { timeoutMs: downTimeoutMs });
    await rm(dir, { recursive: true, force: true });
  }
}

/** The testbed's servers have sessions of their own and would outlive a test process that is killed or exits early. */
function onSuddenEnd(cleanUp: () => void): Disposable {
  const onSignal = (signal: NodeJS.Signals): void => {
    cleanUp();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.once('exit', cleanUp).once('SIGINT', onSignal).once('SIGTERM', onSignal);
  return {
    [Symbol.dispose]: () => {
      process.off('exit', cleanUp).off('SIGINT', onSignal).off('SIGTERM', onSignal);
    },
  };
}
