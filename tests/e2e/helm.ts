import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { helm, kubectl, type RunResult, run } from '@drover/testing';
import type { Fleet } from './fleet.ts';
import { hubModes } from './hub.ts';
import { kubectlEnv } from './step.ts';

const chart: Readonly<Record<string, string>> = {
  'Chart.yaml': 'apiVersion: v2\nname: greeting\nversion: 0.1.0\n',
  'values.yaml': 'word: hello\n',
  'templates/configmap.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}"}\ndata: {word: "{{ .Values.word }}"}\n',
  'templates/account.yaml': 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: "{{ .Release.Name }}"}\n',
};

async function writeChart(folder: string): Promise<string> {
  await mkdir(join(folder, 'templates'), { recursive: true });
  for (const [file, text] of Object.entries(chart)) await writeFile(join(folder, file), text);
  return folder;
}

const withoutTimes = ({ code, stdout, stderr }: RunResult, namespace: string): RunResult => ({
  code,
  stdout: stdout
    .replaceAll(namespace, 'NS')
    .replace(/^LAST DEPLOYED: .*$/m, 'LAST DEPLOYED: …')
    .replace(/\d{4}-\d\d-\d\d [\d:.]+ \+0000 UTC/g, 'TIME')
    .replace(/\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}/g, 'TIME')
    .replace(/[ \t]+/g, ' '),
  stderr,
});

/** A release's whole life. */
async function releaseLife(fleet: Fleet, kubeconfig: string, namespace: string): Promise<RunResult[]> {
  const home = await fleet.folder();
  const folder = await writeChart(await fleet.folder());
  const env = kubectlEnv({ kubeconfig, home });
  const [client, program] = [await kubectl(), await helm()];
  const results: RunResult[] = [];
  const step = async (command: string, ...args: string[]): Promise<void> => {
    results.push(withoutTimes(await run(command, [...args, '--namespace', namespace], { env }), namespace));
  };
  await step(program, 'install', 'greeting', folder, '--create-namespace');
  await step(program, 'upgrade', 'greeting', folder, '--set', 'word=goodbye');
  await step(program, 'list');
  await step(program, 'history', 'greeting');
  await step(client, 'get', 'configmap', 'greeting', '-o', 'jsonpath={.data.word}');
  await step(program, 'rollback', 'greeting', '1');
  await step(client, 'get', 'configmap', 'greeting', '-o', 'jsonpath={.data.word}');
  await step(program, 'uninstall', 'greeting');
  await step(client, 'get', 'configmap', 'greeting');
  await step(program, 'install', 'greeting', folder, '--set', 'word={{');
  return results;
}

/** helm through the hub: install, upgrade, roll back and uninstall as straight at the cluster. */
export function compareHelm(fleet: () => Fleet): void {
  for (const mode of hubModes) {
    test(`helm through the hub as ${mode} does what it does straight at the cluster`, async () => {
      const hub = fleet().hub(mode);
      const id = mode.replace(' ', '-');
      const [straight, through] = await Promise.all([
        releaseLife(fleet(), fleet().beta.kubeconfig, `helm-straight-${id}`),
        releaseLife(fleet(), await hub.kubeconfig('beta', hub.adminToken), `helm-${id}`),
      ]);
      assert.equal(straight[0]?.code, 0, straight[0]?.stderr);
      assert.equal(straight[6]?.stdout, 'hello');
      assert.deepEqual(through, straight);
    });
  }
}
