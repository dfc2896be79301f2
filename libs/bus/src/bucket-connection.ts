import { DroverError } from '@drover/errors';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { MsgHdrs, NatsConnection } from '@nats-io/nats-core';

/** Whether the server can be reached at this moment. */
export type BusStatus = 'connected' | 'disconnected' | 'closed';

/** What a bucket needs of the bus. */
export interface BucketConnection {
  readonly connection: NatsConnection;
  readonly streams: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly inboxPrefix: string;
  readonly state: {
    readonly status: BusStatus;
    readonly maxPayloadBytes: number;
    onStatus(listener: (status: BusStatus) => void): () => void;
  };
}

/** How KV marks a message as the end of a key (ADR-8). */
export const operationHeader = 'KV-Operation';

/** Whether a message of the bucket says that its key was deleted. */
export function isDeletion(head: MsgHdrs | undefined): boolean {
  const operation = head?.get(operationHeader);
  return operation === 'DEL' || operation === 'PURGE';
}

/**
 * Does `run` unless the connection breaks meanwhile; the client by itself would wait for an answer that cannot come.
 *
 * @throws DroverError `store-unavailable` where there is no connection, or it broke (a write may have happened)
 */
export async function whileConnected<T>(state: BucketConnection['state'], run: () => Promise<T>): Promise<T> {
  if (state.status !== 'connected') throw new DroverError('store-unavailable', 'there is no connection to NATS');
  const broken = Promise.withResolvers<never>();
  const off = state.onStatus(() => broken.reject(new DroverError('store-unavailable', 'the connection to NATS broke')));
  try {
    return await Promise.race([run(), broken.promise]);
  } finally {
    off();
  }
}
