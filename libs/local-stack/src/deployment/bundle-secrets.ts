import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { KubeClient, KubeObject } from '@drover/kube';
import { ensureFolder, readText, writeSecret } from '../secret-files.ts';
import { type Bundle, type BundleName, bundleNames } from './service-bundles.ts';

/** Where the Secrets are, and what stands before their names: the Helm release and `-`. */
export interface SecretPlace {
  readonly kube: Pick<KubeClient, 'read' | 'apply'>;
  readonly namespace: string;
  readonly prefix: string;
  readonly signal: AbortSignal;
}

/** The Secret of the data folder: CAs' keys, seeds and all. No service mounts it. */
const hubSecret = 'hub';
/** A Secret's keys hold no `/`. No file of the data folder has this in its name. */
const separator = '__';

/** Brings back the data folder as the set-up left it; an empty one where it never ran. */
export async function restoreDataFolder(folder: string, { kube, signal, ...place }: SecretPlace): Promise<void> {
  await ensureFolder(folder);
  const found = await kube.read(secretOf(hubSecret, place), { signal });
  const data = found?.['data'];
  if (typeof data !== 'object' || data === null) return;
  for (const [key, value] of Object.entries(data)) {
    await writeSecret(join(folder, ...key.split(separator)), Buffer.from(String(value), 'base64').toString('utf8'));
  }
}

/** Keeps the data folder in its Secret. */
export async function saveDataFolder(folder: string, { kube, signal, ...place }: SecretPlace): Promise<void> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(folder, path).split(sep).join(separator)] = (await readText(path)) ?? '';
  }
  await kube.apply({ ...secretOf(hubSecret, place), ...dataOf(files) }, { signal });
}

/** Writes each part's files into a Secret of its own. */
export async function writeBundleSecrets(
  bundles: Record<BundleName, Bundle>,
  { kube, signal, ...place }: SecretPlace,
): Promise<void> {
  for (const name of bundleNames) {
    await kube.apply({ ...secretOf(name, place), ...dataOf(bundles[name]) }, { signal });
  }
}

const dataOf = (files: Readonly<Record<string, string>>): { type: string; data: Record<string, string> } => ({
  type: 'Opaque',
  data: Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name, Buffer.from(text, 'utf8').toString('base64')]),
  ),
});

const secretOf = (name: string, { namespace, prefix }: { namespace: string; prefix: string }): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: `${prefix}${name}`,
    namespace,
    labels: { 'app.kubernetes.io/part-of': 'drover', 'app.kubernetes.io/managed-by': 'drover-setup' },
  },
});
