import { DroverError } from '@drover/errors';
import { PubHeaders } from '@nats-io/jetstream';
import { headers } from '@nats-io/nats-core';
import { type BucketConnection, isDeletion, operationHeader, whileConnected } from './bucket-connection.ts';
import { busError } from './foreign-errors.ts';
import { requireKey, requirePattern } from './keys.ts';
import { type ObjectWrite, snapshotOf } from './object-snapshot.ts';
import { ObjectWatch } from './object-watch.ts';

/** One stored value. */
export interface StoredObject {
  readonly key: string;
  /** The number of the write in the bucket: rises with every write of any key. */
  readonly revision: number;
  readonly value: Uint8Array;
}

/**
 * A JetStream KV bucket with compare-and-set on every write: nothing is written blindly. Errors: `conflict` where somebody
 * else wrote first, `store-unavailable` where NATS does not answer (the write may have happened: read again),
 * `too-large`, `forbidden`.
 */
export class ObjectBucket {
  readonly #nats: BucketConnection;
  readonly #stream: string;
  readonly #prefix: string;
  readonly #closing: AbortSignal;
  #turn: Promise<void> | undefined;

  /** Made by `Bus.objects()`. */
  constructor(nats: BucketConnection, bucket: string, closing: AbortSignal) {
    this.#nats = nats;
    this.#stream = `KV_${bucket}`;
    this.#prefix = `$KV.${bucket}.`;
    this.#closing = closing;
  }

  /** The value under `key`, from the stream's leader; undefined where there is none. */
  async get(key: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<StoredObject | undefined> {
    const last = await this.#last(key);
    signal?.throwIfAborted();
    return last && !last.deleted ? { key, revision: last.revision, value: last.value } : undefined;
  }

  /** Writes a key that must not exist; returns the revision. */
  async create(key: string, value: Uint8Array): Promise<number> {
    try {
      return await this.#write(key, value, 0);
    } catch (error) {
      if (!(error instanceof DroverError && error.code === 'conflict')) throw error;
      // The key may only carry the mark of an earlier deletion.
      const last = await this.#last(key);
      if (!last?.deleted) throw error;
      return await this.#write(key, value, last.revision);
    }
  }

  /** Replaces the value that has exactly this revision; returns the new one. */
  update(key: string, value: Uint8Array, revision: number): Promise<number> {
    return this.#write(key, value, requireRevision(revision));
  }

  /** Deletes the value that has exactly this revision; returns the revision of the deletion. */
  delete(key: string, revision: number): Promise<number> {
    const head = headers();
    head.set(operationHeader, 'DEL');
    return this.#write(key, new Uint8Array(), requireRevision(revision), head);
  }

  /** Every value whose key fits `pattern` (`clusters.>`), as of one moment. */
  async list(pattern: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<StoredObject[]> {
    await using watch = this.watch(pattern, signal ? { signal } : {});
    const found = new Map<string, StoredObject>();
    for await (const event of watch) {
      if (event.operation === 'initialised') break;
      if (event.operation === 'reset') found.clear();
      else if (event.operation === 'delete') found.delete(event.key);
      else found.set(event.key, { key: event.key, revision: event.revision, value: event.value });
    }
    return [...found.values()];
  }

  /** Follows every key that fits `pattern`: first what there is, then each change. See {@link ObjectWatch}. */
  watch(pattern: string, { signal }: { readonly signal?: AbortSignal } = {}): ObjectWatch {
    return new ObjectWatch(
      {
        ...this.#nats,
        stream: this.#stream,
        prefix: this.#prefix,
        pattern: requirePattern(pattern),
      },
      signal ? AbortSignal.any([signal, this.#closing]) : this.#closing,
    );
  }

  /** Every value as of one revision, which it returns, while others write. See {@link snapshotOf}. */
  async *snapshot({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ObjectWrite, number, void> {
    await using watch = this.watch('>', signal ? { signal } : {});
    return yield* snapshotOf(watch, () => this.lastRevision());
  }

  /** The revision of the last write that is there, from the stream's leader; 0: there is none. */
  async lastRevision(): Promise<number> {
    return (await this.#lastOf(`${this.#prefix}>`, 'the last write'))?.revision ?? 0;
  }

  async #write(key: string, value: Uint8Array, expected: number, head = headers()): Promise<number> {
    const { state, streams } = this.#nats;
    const subject = `${this.#prefix}${requireKey(key)}`;
    if (value.length > state.maxPayloadBytes) throw new DroverError('too-large', `${key} has ${value.length} bytes`);
    head.set(PubHeaders.ExpectedLastSubjectSequenceHdr, String(expected));
    await this.#endOfTurn();
    try {
      return (await whileConnected(state, () => streams.publish(subject, value, { headers: head }))).seq;
    } catch (error) {
      throw busError(error, `write ${key}`);
    }
  }

  /** Writes that are made in one turn of the event loop go to the server together: a system call is their dearest part. */
  #endOfTurn(): Promise<void> {
    this.#turn ??= new Promise(resolve => {
      setImmediate(() => {
        this.#turn = undefined;
        resolve();
      });
    });
    return this.#turn;
  }

  #last(key: string): Promise<LastMessage | undefined> {
    return this.#lastOf(`${this.#prefix}${requireKey(key)}`, key);
  }

  async #lastOf(subject: string, what: string): Promise<LastMessage | undefined> {
    try {
      const { manager, state } = this.#nats;
      const message = await whileConnected(state, () =>
        manager.streams.getMessage(this.#stream, { last_by_subj: subject }),
      );
      return message ? { revision: message.seq, value: message.data, deleted: isDeletion(message.header) } : undefined;
    } catch (error) {
      throw busError(error, `read ${what}`);
    }
  }
}

interface LastMessage {
  readonly revision: number;
  readonly value: Uint8Array;
  readonly deleted: boolean;
}

/** 0 would mean "must not exist", which is {@link ObjectBucket.create}. */
function requireRevision(revision: number): number {
  if (Number.isSafeInteger(revision) && revision > 0) return revision;
  throw new DroverError('invalid', `${revision} is not a revision`);
}
