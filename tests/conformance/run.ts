/**
 * `npm run conformance -- [TOPIC [KUBECTL]]`: the suite by hand. Prints every difference of the topics whose name matches
 * (a regular expression), accepted or not; `DROVER_CONFORMANCE_KUBECONFIG` names a kube-apiserver to compare with instead
 * of one that is started.
 */
import { kubectls, startCluster } from '@drover/testing';
import { topics } from './cases/index.ts';
import { judged } from './differences.ts';
import { startHub } from './hub.ts';
import { runTopic } from './run-topic.ts';
import { hubSide, testbedSide } from './sides.ts';

const [topicPattern = '', kubectlPattern = ''] = process.argv.slice(2);
const clients = (await kubectls()).filter(({ name }) => new RegExp(kubectlPattern).test(name));
await using running = new AsyncDisposableStack();
const given = process.env['DROVER_CONFORMANCE_KUBECONFIG'];
const [hub, testbed] = await Promise.all([
  startHub().then(it => hubSide(running.use(it), running)),
  given === undefined
    ? startCluster().then(it => testbedSide(running.use(it).kubeconfig, running))
    : testbedSide(given, running),
]);
for (const topic of topics.filter(({ name }) => new RegExp(topicPattern).test(name))) {
  const start = performance.now();
  const found = await runTopic(topic, hub, testbed, clients);
  const { undeclared } = judged(found);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.error(
    `${topic.name}: ${topic.cases.length} cases, ${found.length} differences, ${undeclared.length} undeclared, ${seconds} s`,
  );
  for (const difference of undeclared) console.log(JSON.stringify(difference));
}
