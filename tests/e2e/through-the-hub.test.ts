import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { cannotStartCluster, kubectl, kubectls, run } from '@drover/testing';
import { type Fleet, startFleet } from './fleet.ts';
import { compareHelm } from './helm.ts';
import { hubModes } from './hub.ts';
import { compareKubectl } from './kubectl-comparison.ts';
import { kubectlEnv } from './step.ts';
import { testStreaming } from './streaming.ts';

const clients = await kubectls();

// One fleet for all of it: a machine has one node, and two clusters with two hubs take a while to start.
describe('through the hub', { skip: cannotStartCluster({ node: true }) }, () => {
  let fleet: Fleet;
  before(async () => {
    fleet = await startFleet();
  });
  after(() => fleet[Symbol.asyncDispose]());

  for (const mode of hubModes) testStreaming(() => fleet, mode);
  compareHelm(() => fleet);
  for (const [turn, client] of clients.entries()) compareKubectl(() => fleet, client, turn);

  for (const mode of hubModes) {
    test(`each cluster is itself, hub as ${mode}`, async () => {
      const hub = fleet.hub(mode);
      const home = await fleet.folder();
      const program = await kubectl();
      const on = async (cluster: string, ...args: string[]): Promise<string> => {
        const kubeconfig = await hub.kubeconfig(cluster, hub.adminToken);
        const { stdout, stderr } = await run(program, args, { env: kubectlEnv({ kubeconfig, home }) });
        return stdout + stderr;
      };
      assert.equal(await on('alpha', 'get', 'nodes', '-o', 'name'), 'node/localhost\n');
      assert.equal(await on('beta', 'get', 'nodes', '-o', 'name'), '');
    });
  }
});
