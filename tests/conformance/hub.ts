import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Background, eventually, freePorts, repositoryRoot, start } from '@drover/testing';

const readyTimeoutMs = 120_000;

/** A hub that can be stopped and started again on the same data and port. */
export interface RestartableHub extends AsyncDisposable {
  readonly url: string;
  readonly ca: string;
  readonly adminToken: string;
  readonly kubeconfig: string;
  /** SIGTERM by default; resolves when it is ready again. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  log(): string;
}

/** Starts a whole hub as `npm start` does, with data of its own. */
export async function startHub(env: Readonly<Record<string, string>> = {}): Promise<RestartableHub> {
  await using undo = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'drover-conformance-'));
  undo.defer(() => rm(dataDir, { recursive: true, force: true }));
  const port = await freePorts(1);
  const url = `https://127.0.0.1:${port}`;
  let program: Background | undefined;
  let log = '';
  const up = async (): Promise<void> => {
    const started = start(process.execPath, [join(repositoryRoot, 'libs/local-stack/src/main.ts')], {
      cwd: repositoryRoot,
      env: { ...env, DROVER_LISTEN: `127.0.0.1:${port}`, DROVER_DATA_DIR: dataDir },
    });
    program = started;
    let ended = false;
    void started.exited.then(() => {
      ended = true;
    });
    await eventually(() => ended || started.stdout().includes('drover ready'), { timeoutMs: readyTimeoutMs });
    if (ended) throw new Error(`the hub ended at once:\n${started.stdout()}${started.stderr()}`);
  };
  const down = async (signal?: NodeJS.Signals): Promise<void> => {
    await program?.stop(signal);
    log += `${program?.stdout()}${program?.stderr()}`;
  };
  undo.defer(() => down());
  await up();
  const ca = await readFile(join(dataDir, 'pki/ca.crt'), 'utf8');
  const kubeconfig = join(dataDir, 'admin.kubeconfig');
  const resources = undo.move();
  return {
    url,
    ca,
    adminToken: /token"?: ?"?([^\s",}]+)/.exec(await readFile(kubeconfig, 'utf8'))?.[1] ?? '',
    kubeconfig,
    restart: async signal => {
      await down(signal);
      await up();
    },
    log: () => `${log}${program?.stdout()}${program?.stderr()}`,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
