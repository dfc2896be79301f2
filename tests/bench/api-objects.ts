import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { ApiSide } from './api-sides.ts';

/** Connections that fill the store, and that loads use: as many as the figures of the issue. */
export const connections = 16;

export const nameOf = (index: number): string => `bench-${String(index).padStart(5, '0')}`;

/** A Cluster of about a kilobyte, as a client sends it. `note` is its one field that changes. */
export function clusterObject(name: string, note: string): object {
  return {
    apiVersion: 'drover.dev/v1',
    kind: 'Cluster',
    metadata: {
      name,
      labels: { 'example.com/region': 'eu-central', 'example.com/stage': 'production', 'example.com/team': 'payments' },
      annotations: { 'example.com/owner': 'platform@example.com', 'example.com/runbook': 'x'.repeat(480) },
    },
    spec: { displayName: `${name} ${note}` },
  };
}

/** Makes the clusters from `from` up to `to`. */
export async function seed(side: ApiSide, from: number, to: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, ca: await readFile(side.ca) });
  try {
    let next = from;
    const work = async (): Promise<void> => {
      while (next < to) {
        const { status, body } = await call(side, agent, 'POST', '', clusterObject(nameOf(next++), 'new'));
        if (status !== 201) throw new Error(`${side.name} answered ${status}: ${body.slice(0, 500)}`);
      }
    };
    await Promise.all(Array.from({ length: connections }, work));
  } finally {
    agent.destroy();
  }
}

/** The resourceVersions of the first clusters, by index. */
export async function versionsOf(side: ApiSide, count: number): Promise<string[]> {
  const agent = new Agent({ ca: await readFile(side.ca) });
  const { body } = await call(side, agent, 'GET', '');
  const list = JSON.parse(body) as { items: { metadata: { name: string; resourceVersion: string } }[] };
  const versions = new Map(list.items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
  return Array.from({ length: count }, (_, index) => versions.get(nameOf(index)) ?? '');
}

function call(
  side: ApiSide,
  agent: Agent,
  method: string,
  path: string,
  json?: object,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${side.token}`, 'content-type': 'application/json' };
    const outgoing = request(`${side.url}${path}`, { agent, method, headers }, response => {
      text(response).then(body => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    outgoing.on('error', reject).end(json === undefined ? undefined : JSON.stringify(json));
  });
}
