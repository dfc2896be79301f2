import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { cannotStartCluster, kubectls, startCluster } from '@drover/testing';
import { topics } from './cases/index.ts';
import { judged } from './differences.ts';
import { startHub } from './hub.ts';
import { type Difference, runTopic } from './run-topic.ts';
import type { Side } from './side.ts';
import { hubSide, testbedSide } from './sides.ts';

/** So much of the differences of a topic is told; the first ones are the ones to look at. */
const maxTold = 12;

describe('the hub answers as a kube-apiserver that holds k8s/crds', { skip: cannotStartCluster() }, () => {
  const running = new AsyncDisposableStack();
  const all: Difference[] = [];
  let hub: Side;
  let testbed: Side;

  before(async () => {
    [hub, testbed] = await Promise.all([
      startHub().then(it => hubSide(running.use(it), running)),
      startCluster().then(it => testbedSide(running.use(it).kubeconfig, running)),
    ]);
  });
  after(() => running.disposeAsync());

  for (const topic of topics) {
    test(`${topic.name}: ${topic.cases.length} cases`, async () => {
      const found = await runTopic(topic, hub, testbed, await kubectls());
      all.push(...found);
      const { undeclared } = judged(found);
      const told = undeclared
        .slice(0, maxTold)
        .map(it => JSON.stringify(it, null, 1))
        .join('\n');
      assert.equal(
        undeclared.length,
        0,
        `${undeclared.length} differences that docs/conformance.md does not list:\n${told}`,
      );
    });
  }

  test('every difference that docs/conformance.md lists still shows', () => {
    assert.deepEqual(judged(all).unused, []);
  });
});
