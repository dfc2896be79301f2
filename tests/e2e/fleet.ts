import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster, type TestCluster } from '@drover/testing';
import { type Hub, type HubMode, hubModes, startHub } from './hub.ts';

/** Two clusters, `alpha` with a node and `beta` without, both connected to a hub in each mode. */
export interface Fleet extends AsyncDisposable {
  readonly alpha: TestCluster;
  readonly beta: TestCluster;
  hub(mode: HubMode): Hub;
  /** A new empty folder: a home for a client, or a place for files. */
  folder(): Promise<string>;
}

export async function startFleet(): Promise<Fleet> {
  await using starting = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), 'drover-e2e-'));
  starting.defer(() => rm(root, { recursive: true, force: true }));
  const alpha = starting.use(await startCluster({ node: true }));
  const beta = starting.use(await startCluster());
  const hubs = new Map<HubMode, Hub>();
  for (const mode of hubModes) {
    const hub = starting.use(await startHub(mode));
    hubs.set(mode, hub);
    await Promise.all([hub.connect('alpha', alpha), hub.connect('beta', beta)]);
  }
  const started = starting.move();
  return {
    alpha,
    beta,
    hub: mode => {
      const hub = hubs.get(mode);
      if (hub === undefined) throw new Error(`no hub runs as ${mode}`);
      return hub;
    },
    folder: () => mkdtemp(join(root, 'folder-')),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
