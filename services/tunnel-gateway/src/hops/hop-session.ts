import { randomBytes } from 'node:crypto';
import type { Logger } from '@drover/telemetry';
import {
  commonFeatures,
  decodeRoute,
  features,
  limits,
  readHandshake,
  type StreamHandler,
  spliceHandler,
  type Transport,
  TunnelSession,
  TunnelStream,
  versions,
} from '@drover/tunnel';
import type { Dialer } from '../domain/dialer.ts';

export interface ServeHopOptions {
  readonly gatewayId: string;
  readonly hubId: string;
  readonly dialer: Dialer;
  readonly logger: Logger;
}

/**
 * One hub service's session into this gateway (its certificate has told who it is): each stream it opens is joined to one
 * on an agent's session, frames and credit passed across. HTTP is not read here, nor can an identity be made.
 */
export function serveHop(transport: Transport, options: ServeHopOptions): TunnelSession {
  const { gatewayId, hubId, dialer, logger } = options;
  const assertions: (string | undefined)[] = new Array(limits.maxIdentities + 1).fill(undefined);
  const session: TunnelSession = new TunnelSession({
    transport,
    role: 'acceptor',
    events: {
      onControl: raw => {
        const message = readHandshake(raw);
        if (message?.type !== 'service-join' || session.state.name !== 'handshake') {
          return session.close('protocol', 'a handshake message out of place');
        }
        if (!versions.includes(message.version)) return session.close('version-unsupported');
        session.control({ type: 'welcome', session: gatewayId, features: commonFeatures(message.features) });
        session.admit();
      },
      onIdentity: (number, assertion) => {
        assertions[number] = assertion;
      },
      onOpen: (stream, payload, fin) => {
        const { identity, flags, cluster, rest } = decodeRoute(payload);
        const target = { cluster, flags, assertion: assertions[identity] };
        let onward: TunnelStream | undefined;
        const opened = dialer.open(
          target,
          payload.subarray(rest),
          fin,
          spliceHandler(() => stream),
        );
        if (!(opened instanceof TunnelStream)) {
          stream.reset(opened.code, opened.message);
          return ignored;
        }
        onward = opened;
        return spliceHandler(() => onward);
      },
      onState: () => {},
      onDefect: error => logger.error({ err: error }, 'a defect while serving a hub service'),
    },
  });
  const nonce = randomBytes(32).toString('base64url');
  session.control({ type: 'hello', versions, features, nonce, hub: hubId, gateway: gatewayId });
  return session;
}

const ignored: StreamHandler = { onHead() {}, onData() {}, onEnd() {}, onReset() {} };
