import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, describe, test } from 'node:test';
import type { Kubectl, RunResult } from '@drover/testing';
import type { Fleet } from './fleet.ts';
import { hubModes } from './hub.ts';
import { mask, steps } from './kubectl-steps.ts';
import type { StepContext } from './step.ts';

/** In place of an exit code: the step itself failed. */
const couldNotBeDone = -1;

interface Doing {
  readonly kubectl: string;
  readonly namespace: string;
  readonly kubeconfigs: readonly string[];
  readonly first?: number;
}

/**
 * Does every step, one after the other, and gives what each showed. Of several kubeconfigs each step takes the next, as it
 * would at a load balancer, `first` to begin with.
 */
async function doAll(fleet: Fleet, { kubectl, namespace, kubeconfigs, first = 0 }: Doing): Promise<RunResult[]> {
  const home = await fleet.folder();
  const contexts = await Promise.all(
    kubeconfigs.map(async (kubeconfig): Promise<StepContext> => {
      const server = /server"?: ?"?([^",\s]+)/.exec(await readFile(kubeconfig, 'utf8'))?.[1] ?? '';
      return { kubectl, kubeconfig, server, namespace, home };
    }),
  );
  const results: RunResult[] = [];
  for (const [index, step] of steps.entries()) {
    const context = contexts[(first + index) % contexts.length];
    if (context === undefined) throw new Error('no kubeconfig');
    const failed = (error: unknown): RunResult => ({ code: couldNotBeDone, stdout: '', stderr: String(error) });
    const { code, stdout, stderr } = await step.run(context).catch(failed);
    results.push({ code, stdout: mask(stdout, context), stderr: mask(stderr, context) });
  }
  return results;
}

/**
 * The same commands straight at the cluster and through the hub, in both modes and at each of its front doors: equal in all
 * that they show. `turn` tells the clients apart: a step that one does at the first door the next does at the second.
 */
export function compareKubectl(fleet: () => Fleet, { name, path }: Kubectl, turn: number): void {
  const id = name.toLowerCase().replace('.', '-');
  describe(`kubectl ${name} does through the hub what it does straight at the cluster`, { concurrency: 2 }, () => {
    let straight: RunResult[] = [];
    before(async () => {
      const kubeconfigs = [fleet().alpha.kubeconfig];
      straight = await doAll(fleet(), { kubectl: path, namespace: `straight-${id}`, kubeconfigs });
    });
    for (const [index, step] of steps.entries()) {
      test(`straight: ${step.name}`, () => {
        const { code, stderr } = straight[index] ?? { code: couldNotBeDone, stderr: 'not done' };
        assert.equal(code, step.code, stderr);
      });
    }
    for (const mode of hubModes) {
      test(`hub as ${mode}`, async t => {
        const hub = fleet().hub(mode);
        const kubeconfigs = await Promise.all(hub.urls.map(door => hub.kubeconfig('alpha', hub.adminToken, door)));
        assert.equal(kubeconfigs.length, mode === 'processes' ? 2 : 1);
        const namespace = `${mode.replace(' ', '-')}-${id}`;
        const through = await doAll(fleet(), { kubectl: path, namespace, kubeconfigs, first: turn });
        for (const [index, step] of steps.entries()) {
          await t.test(step.name, () => assert.deepEqual(through[index], straight[index]));
        }
      });
    }
  });
}
