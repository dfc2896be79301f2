import type { Kubectl } from '@drover/testing';
import { type Case, type Expected, isKubectl, type Outcome, type Step, type Topic } from './case.ts';
import { type Finding, outcomeFindings, unexpected } from './compare.ts';
import { CaseRun, type Side } from './side.ts';

/** Cases of one topic that run at the same time: a kubectl is a whole program on a core for a moment. */
const concurrency = { requests: 8, kubectl: 5 };

/** A difference, and in which step of which case: `patch/a bad patch/2`, with kubectl `edit/a label/1 [1.29]`. */
export interface Difference extends Finding {
  readonly step: string;
  readonly what: string;
}

/** Runs a topic's cases on both sides and gives every difference. */
export async function runTopic(
  topic: Topic,
  hub: Side,
  testbed: Side,
  kubectls: readonly Kubectl[],
): Promise<Difference[]> {
  const runs = topic.cases.flatMap((one): Run[] => {
    const name = nameOf(topic, one);
    if (!one.steps.some(isKubectl)) return [{ one, id: name, label: '' }];
    return kubectls.map(kubectl => ({
      one,
      id: `${name}-${kubectl.name.toLowerCase().replace('.', '')}`,
      label: ` [${kubectl.name}]`,
      kubectl,
    }));
  });
  const found: Difference[][] = [];
  const queue = runs.entries();
  const worker = async (): Promise<void> => {
    for (const [index, run] of queue) found[index] = await compare(topic, run, hub, testbed);
  };
  const workers = runs.some(run => run.kubectl !== undefined) ? concurrency.kubectl : concurrency.requests;
  await Promise.all(Array.from({ length: workers }, worker));
  return found.flat();
}

interface Run {
  readonly one: Case;
  /** The name that the case gives to its objects. */
  readonly id: string;
  readonly label: string;
  readonly kubectl?: Kubectl;
}

async function compare(
  topic: Topic,
  { one, id, label, kubectl }: Run,
  hub: Side,
  testbed: Side,
): Promise<Difference[]> {
  const onHub = new CaseRun(hub, id, kubectl);
  const onTestbed = new CaseRun(testbed, id, kubectl);
  const found: Difference[] = [];
  for (const [index, step] of one.steps.entries()) {
    const expected = isKubectl(step) ? undefined : step.expect;
    const [ours, theirs] = await Promise.all([onHub.step(step), expected === undefined ? onTestbed.step(step) : {}]);
    const differences = expected === undefined ? outcomeFindings(ours, theirs) : unexpected(ours, flat(expected));
    const place = { step: `${topic.name}/${one.name}/${index + 1}${label}`, what: described(step) };
    found.push(...differences.map(difference => ({ ...difference, ...place })));
  }
  return found;
}

const flat = ({ headers, ...rest }: Expected): Outcome => ({ ...rest, ...headers });

const described = (step: Step): string =>
  isKubectl(step) ? `kubectl ${step.kubectl}` : `${step.method} ${step.path} ${JSON.stringify(step.body ?? '')}`;

/** So that a suite that runs a second time on the same servers meets none of its former objects. */
const thisRun = `r${Math.random().toString(36).slice(2, 7).padEnd(5, '0')}`;

/** A DNS label for the objects of a case. */
const nameOf = (topic: Topic, one: Case): string =>
  `${`${topic.name}-${one.name}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 45)
    .replace(/-$/, '')}-${thisRun}`;
