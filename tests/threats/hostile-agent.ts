import { once } from 'node:events';
import type { JoinFile } from '@drover/contracts';
import { proofOfPossession } from '@drover/identity';
import {
  KeptSession,
  maxMessageBytes,
  type StreamHandler,
  type TunnelStream,
  tunnelSubprotocol,
  WebSocketTransport,
} from '@drover/tunnel';
import { WebSocket } from 'ws';
import { newKey } from './agent.ts';

const deaf: StreamHandler = { onHead: () => {}, onData: () => {}, onEnd: () => {}, onReset: () => {} };

/** An agent in the hands of an attacker: it is let in as its cluster's, and answers each stream as `answer` likes. */
export function startHostileAgent(
  join: JoinFile,
  answer: (stream: TunnelStream) => void,
): { ready(): boolean } & AsyncDisposable {
  const key = newKey();
  const session = new KeptSession({
    dial: async signal => {
      const url = new URL('/v1/connect', join.hub.tunnelUrls[0]);
      url.protocol = 'wss:';
      const socket = new WebSocket(url, tunnelSubprotocol, { ca: join.hub.ca, maxPayload: maxMessageBytes });
      await once(socket, 'open', { signal });
      return new WebSocketTransport(socket);
    },
    join: ({ nonce, hub }) => ({
      type: 'join',
      clusterUid: join.cluster.uid,
      publicKey: key.publicKey,
      proof: proofOfPossession({ privateKey: key.privateKey, nonce, clusterUid: join.cluster.uid, hubId: hub }),
      joinToken: join.joinToken,
      agentVersion: '0',
      kubernetesVersion: 'v0',
    }),
    events: () => ({
      onOpen: stream => {
        // Once its handler is set.
        queueMicrotask(() => answer(stream));
        return deaf;
      },
      onIdentity: () => {},
    }),
  });
  return { ready: () => session.ready !== undefined, [Symbol.asyncDispose]: () => session.close() };
}
