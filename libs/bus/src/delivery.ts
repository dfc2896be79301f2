import type { Msg } from '@nats-io/nats-core';

/** Where a message that JetStream delivered stands. */
export interface Delivery {
  /** Its number in the stream: for a bucket the revision, and so the resourceVersion. */
  readonly streamSequence: number;
  /** Its number in this consumer, from 1 and without gaps. */
  readonly deliverySequence: number;
  /** How many more the consumer had to deliver at that moment. */
  readonly pending: number;
}

/** Heartbeats and flow control come as messages with this status code (ADR-9). */
const controlStatus = 100;
const lastConsumerHeader = 'Nats-Last-Consumer';
const lastStreamHeader = 'Nats-Last-Stream';
const stalledHeader = 'Nats-Consumer-Stalled';

/** What a message on a push consumer's subject is. */
export type PushMessage =
  | { readonly kind: 'delivery'; readonly delivery: Delivery }
  | { readonly kind: 'flow-control' }
  | {
      readonly kind: 'heartbeat';
      readonly deliverySequence: number;
      readonly streamSequence: number;
      readonly stalled?: string;
    }
  | { readonly kind: 'other' };

/** Tells deliveries from the protocol's own messages. */
export function pushMessageOf(message: Msg): PushMessage {
  if (message.headers?.code === controlStatus) {
    if (message.reply) return { kind: 'flow-control' };
    const stalled = message.headers.get(stalledHeader);
    return {
      kind: 'heartbeat',
      deliverySequence: Number(message.headers.get(lastConsumerHeader) || 0),
      streamSequence: Number(message.headers.get(lastStreamHeader) || 0),
      ...(stalled ? { stalled } : {}),
    };
  }
  const delivery = deliveryOf(message.reply ?? '');
  return delivery ? { kind: 'delivery', delivery } : { kind: 'other' };
}

/**
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>`, or with a domain and an account
 * hash before the stream and a random token at the end (ADR-15).
 */
function deliveryOf(reply: string): Delivery | undefined {
  const tokens = reply.split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined;
  const from = tokens.length === 9 ? 4 : 6;
  if (tokens.length < from + 5) return undefined;
  const numbers = tokens.slice(from + 1, from + 5).map(Number);
  const [streamSequence = Number.NaN, deliverySequence = Number.NaN, , pending = Number.NaN] = numbers;
  if (![streamSequence, deliverySequence, pending].every(Number.isSafeInteger)) return undefined;
  return { streamSequence, deliverySequence, pending };
}
