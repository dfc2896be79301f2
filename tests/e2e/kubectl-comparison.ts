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

/** Does every step, one after the other, and gives what each showed. */
async function doAll(fleet: Fleet, kubectl: string, namespace: string, kubeconfig: string): Promise<RunResult[]> {
  const server = /server"?: ?"?([^",\s]+)/.exec(await readFile(kubeconfig, 'utf8'))?.[1] ?? '';
  const context: StepContext = { kubectl, kubeconfig, server, namespace, home: await fleet.folder() };
  const results: RunResult[] = [];
  for (const step of steps) {
    const failed = (error: unknown): RunResult => ({ code: couldNotBeDone, stdout: '', stderr: String(error) });
    const { code, stdout, stderr } = await step.run(context).catch(failed);
    results.push({ code, stdout: mask(stdout, context), stderr: mask(stderr, context) });
  }
  return results;
}

/** The same commands straight at the cluster and through the hub, in both modes: equal in all that they show. */
export function compareKubectl(fleet: () => Fleet, { name, path }: Kubectl): void {
  const id = name.toLowerCase().replace('.', '-');
  describe(`kubectl ${name} does through the hub what it does straight at the cluster`, { concurrency: 2 }, () => {
    let straight: RunResult[] = [];
    before(async () => {
      straight = await doAll(fleet(), path, `straight-${id}`, fleet().alpha.kubeconfig);
    });
    for (const mode of hubModes) {
      test(`hub as ${mode}`, async t => {
        const hub = fleet().hub(mode);
        const kubeconfig = await hub.kubeconfig('alpha', hub.adminToken);
        const through = await doAll(fleet(), path, `${mode.replace(' ', '-')}-${id}`, kubeconfig);
        for (const [index, step] of steps.entries()) {
          await t.test(step.name, () => {
            const expected = straight[index];
            assert.notEqual(expected?.code, couldNotBeDone, expected?.stderr); // or equal failures would pass
            assert.deepEqual(through[index], expected);
          });
        }
      });
    }
  });
}
