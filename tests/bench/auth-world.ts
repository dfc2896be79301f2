import { type Bus, connectBus, ensureHubStreams } from '@drover/bus';
import { type HubObject, type ObjectMeta, objects, resources } from '@drover/contracts';
import { mintToken } from '@drover/identity';

/** A large hub: what an auth-proxy has in memory of it. */
export const worldSize = Object.freeze({ tokens: 100_000, users: 10_000, bindings: 50_000, clusters: 500 });
/** Callers who ask again and again; the others sleep. */
const activeCallers = 1_000;
/** Writes on the way at a time. */
const inFlight = 500;

/** Who asks for what. */
export interface ActiveCaller {
  readonly token: string;
  readonly cluster: string;
}

type Stored = HubObject & Record<string, unknown>;

const createdAt = '2026-01-01T00:00:00Z';
const cluster = (at: number): string => `cluster-${at % worldSize.clusters}`;
const user = (at: number): string => `user-${at % worldSize.users}`;

/** Fills the bucket of hub objects. Every user has a role in five clusters, and every active caller asks for one of his. */
export async function fillWorld(natsUrl: string): Promise<ActiveCaller[]> {
  await using bus = await connectBus({ url: natsUrl, name: 'bench' });
  await ensureHubStreams(bus);
  const callers: ActiveCaller[] = [];
  await writeAll(bus, resources.clusters, worldSize.clusters, at => object('Cluster', cluster(at), { spec: {} }));
  await writeAll(bus, resources.users, worldSize.users, at =>
    object('User', user(at), { spec: { groups: [`team-${at % 200}`, 'engineers'] } }),
  );
  await writeAll(bus, resources.tokens, worldSize.tokens, at => {
    const { token, id, hash } = mintToken('drv');
    if (at % (worldSize.tokens / activeCallers) === 0) callers.push({ token, cluster: cluster(at) });
    return object('Token', id, { spec: { user: user(at), expiresAt: '2099-01-01T00:00:00Z' }, hash });
  });
  await writeAll(bus, resources.clusterRoleTemplateBindings, worldSize.bindings, at =>
    // The user of a multiple of 10,000 below 50,000 is the same, so that each is bound in five clusters; one is his own.
    object('ClusterRoleTemplateBinding', `binding-${at}`, {
      namespace: cluster(at % worldSize.users === at ? at : at * 7),
      spec: { roleTemplate: 'cluster-member', user: user(at) },
    }),
  );
  await writeAll(bus, resources.settings, 1, () =>
    object('Setting', 'cluster-membership', { spec: { value: 'required' } }),
  );
  return callers;
}

function object(kind: string, name: string, rest: Record<string, unknown>): Stored {
  const { namespace, ...others } = rest;
  const metadata: ObjectMeta = { name, uid: `uid-${name}`, resourceVersion: '', creationTimestamp: createdAt };
  if (typeof namespace === 'string') metadata.namespace = namespace;
  return { apiVersion: 'drover.dev/v1', kind, metadata, ...others };
}

async function writeAll(bus: Bus, resource: string, count: number, make: (at: number) => Stored): Promise<void> {
  const bucket = bus.objects();
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < count) {
      const { metadata, ...rest } = make(next++);
      const key = objects.key(resource, metadata.namespace, metadata.name);
      await bucket.create(key, Buffer.from(JSON.stringify({ ...rest, metadata })));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, writer));
}
