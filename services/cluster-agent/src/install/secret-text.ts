import type { KubeObject } from '@drover/kube';

/** What a Secret holds under a key, as text; undefined: nothing. */
export function textInSecret({ data }: KubeObject, key: string): string | undefined {
  const encoded: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, key) : undefined;
  return typeof encoded === 'string' ? Buffer.from(encoded, 'base64').toString('utf8') : undefined;
}
