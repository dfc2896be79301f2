import { join } from 'node:path';
import { repositoryRoot } from '@drover/testing';
import { acceptedDifferences, type Because } from './accepted/index.ts';
import { topics } from './cases/index.ts';

/** Where {@link conformanceDocument} is kept. */
export const documentPath = join(repositoryRoot, 'docs/conformance.md');

const sections: readonly [because: Because, title: string, lead: string][] = [
  ['ours', 'Meant', 'The hub differs on purpose.'],
  ['older', 'Later than 1.20', 'The hub answers as later versions of Kubernetes do.'],
  ['open', 'Open', 'Defects that are known and not yet mended, and what nobody has looked at yet.'],
];

/** docs/conformance.md: every accepted difference with its reason, made from tests/conformance/accepted/. */
export function conformanceDocument(): string {
  const cases = topics.reduce((sum, topic) => sum + topic.cases.length, 0);
  const lines = [
    '# The hub’s API beside kube-apiserver',
    '',
    `\`npm test -- conformance\` asks the hub, and a kube-apiserver 1.20 that holds [k8s/crds](../k8s/crds), the same: ${cases} cases of`,
    'requests and of kubectl commands (1.29, 1.35 and the one on the PATH). Status, reason, body, warnings and what kubectl prints are',
    'compared; uids, times, revisions and addresses are masked. What 1.20 does not have is held against the KEPs (topic `newer`).',
    'A difference that is not listed here fails the suite, and so does one that is listed and no longer shows. The list is in',
    '`tests/conformance/accepted/`; `npm run conformance -- TOPIC` shows what is not in it, and `npm run generate` writes this page.',
  ];
  for (const [reason, title, lead] of sections) {
    const listed = acceptedDifferences.filter(({ because }) => because === reason);
    if (listed.length === 0) continue;
    lines.push('', `## ${title}`, '', lead, '');
    for (const { why, places } of listed) {
      const steps = [...new Set(places.flatMap(place => place.steps))].map(caseOf);
      const cases = [...new Set(steps)];
      const told = cases.slice(0, maxTold).join(', ');
      const more = cases.length > maxTold ? ` and ${cases.length - maxTold} more` : '';
      lines.push(`- ${why}<br>*${told}${more}*`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** So many cases of a difference are named; all are in the list. */
const maxTold = 8;

/** `patch/a merge/2` without its step. */
const caseOf = (step: string): string =>
  step.replace(/\/\d+( \*)?$/, '').replaceAll(/[<>*]/g, character => `\\${character}`);
