import { objects, streams } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import type { Bus } from './bus.ts';
import { busError } from './foreign-errors.ts';

export interface HubStreamOptions {
  /** Copies of every stream: 1 on one server, 3 in production. */
  readonly replicas?: number;
}

const dayMs = 86_400_000;
/** A message of the bus carries whole objects and shards of desired state (DESIGN.md). */
const minPayloadBytes = 4 * 1024 * 1024;
/** Objects of a fleet of thousands of clusters take some MB; a full bucket refuses writes instead of dropping objects. */
const maxObjectsBytes = 1024 ** 3;
const maxEventsBytes = 1024 ** 3;
const maxAuditBytes = 4 * 1024 ** 3;
const eventsAgeMs = 7 * dayMs;
const auditAgeMs = 90 * dayMs;
/** Watchers resume after an absence of ten minutes at most (object-watch.ts), so a mark is kept much longer than that. */
const markerAgeMs = 60 * 60_000;

/**
 * Makes the hub's streams and its bucket, or brings them to this version's settings. Only the set-up's NATS user may.
 *
 * @throws DroverError `config-invalid` where the server's max_payload is too small; `forbidden`; `store-unavailable`
 */
export async function ensureHubStreams(bus: Bus, { replicas = 1 }: HubStreamOptions = {}): Promise<void> {
  if (bus.maxPayloadBytes < minPayloadBytes) {
    throw new DroverError(
      'config-invalid',
      `NATS takes messages of ${bus.maxPayloadBytes} bytes; set max_payload to ${minPayloadBytes} (4MB) or more`,
    );
  }
  const common = { storage: StorageType.File, num_replicas: replicas, retention: RetentionPolicy.Limits };
  await ensureStream(bus, {
    ...common,
    name: `KV_${objects.bucket}`,
    subjects: [`$KV.${objects.bucket}.>`],
    max_msgs_per_subject: 1,
    max_bytes: maxObjectsBytes,
    discard: DiscardPolicy.New,
    allow_rollup_hdrs: true,
    deny_delete: true,
    allow_direct: false,
  });
  await ensureStream(bus, {
    ...common,
    name: streams.events.name,
    subjects: [...streams.events.subjects],
    max_age: nanos(eventsAgeMs),
    max_bytes: maxEventsBytes,
    discard: DiscardPolicy.Old,
  });
  await ensureStream(bus, {
    ...common,
    name: streams.audit.name,
    subjects: [...streams.audit.subjects],
    max_age: nanos(auditAgeMs),
    max_bytes: maxAuditBytes,
    discard: DiscardPolicy.Old,
    // Records leave by age and size only, whoever asks.
    deny_delete: true,
    deny_purge: true,
  });
}

async function ensureStream(bus: Bus, config: Partial<StreamConfig> & { readonly name: string }): Promise<void> {
  const api = bus.manager.streams;
  try {
    await api.update(config.name, config);
  } catch (error) {
    if (!(error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound)) {
      throw busError(error, `set up the stream ${config.name}`);
    }
    try {
      await api.add(config);
    } catch (failure) {
      throw busError(failure, `make the stream ${config.name}`);
    }
  }
}

/**
 * Lets the empty bucket go on after `revision`, as if everything up to there had been written and removed: the first write
 * gets the next one. For the set-up's NATS user.
 *
 * @throws DroverError `conflict` where the bucket is not empty or is further, `store-unavailable`
 */
export async function startAfterRevision(bus: Bus, revision: number): Promise<void> {
  const stream = `KV_${objects.bucket}`;
  const { streams: api } = bus.manager;
  try {
    const before = (await api.info(stream)).state;
    if (before.messages > 0 || before.last_seq > revision) {
      throw new DroverError(
        'conflict',
        `the store holds ${before.messages} objects, up to revision ${before.last_seq}`,
      );
    }
    // A purge up to a sequence beyond the end moves the end there (nats-server's Compact); `first_seq` needs 2.10.
    await api.purge(stream, { seq: revision + 1 });
    const { last_seq: last } = (await api.info(stream)).state;
    if (last !== revision) throw new DroverError('store-unavailable', `NATS went to revision ${last}, not ${revision}`);
  } catch (error) {
    throw busError(error, `start after revision ${revision}`);
  }
}

/**
 * Removes the marks of deletions that are older than an hour; they would add up with every token that ever was. For the
 * set-up's NATS user.
 *
 * @returns how many were removed
 */
export async function purgeDeleteMarkers(
  bus: Bus,
  { nowMs = Date.now() }: { readonly nowMs?: number } = {},
): Promise<number> {
  const stream = `KV_${objects.bucket}`;
  let purged = 0;
  for (const { key } of await deletedKeys(bus)) {
    const subject = `$KV.${objects.bucket}.${key}`;
    try {
      const last = await bus.manager.streams.getMessage(stream, { last_by_subj: subject });
      if (!last || last.data.length > 0 || nowMs - last.time.getTime() < markerAgeMs) continue;
      // Up to this very message: a value that is written meanwhile stays.
      purged += (await bus.manager.streams.purge(stream, { filter: subject, seq: last.seq + 1 })).purged;
    } catch (error) {
      throw busError(error, `purge the mark of ${key}`);
    }
  }
  return purged;
}

async function deletedKeys(bus: Bus): Promise<{ key: string }[]> {
  await using watch = bus.objects().watch('>');
  const deleted: { key: string }[] = [];
  for await (const event of watch) {
    if (event.operation === 'delete') deleted.push(event);
    if (event.operation === 'initialised') break;
  }
  return deleted;
}
