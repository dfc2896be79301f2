import { DroverError } from '@drover/errors';
import { decodeRequestHead, decodeRoute, openFlag, type StreamHandler, type TunnelStream } from '@drover/tunnel';
import { checkRequestLine } from '../domain/request-headers.ts';
import type { Backend } from './backend.ts';
import { Exchange } from './exchange.ts';
import type { Identities } from './identities.ts';
import { UpgradeExchange } from './upgrade.ts';

/**
 * A stream that the hub opened: one request. It is served as the identity that it names, when that was verified and was
 * made for this cluster; without one nothing is sent (T3).
 */
export function serveStream(
  stream: TunnelStream,
  payload: Buffer,
  fin: boolean,
  {
    clusterUid,
    identities,
    backend,
  }: { readonly clusterUid: string; readonly identities: Identities; readonly backend: Backend },
): StreamHandler {
  const route = decodeRoute(payload);
  const head = decodeRequestHead(payload, route.rest);
  const exchange =
    route.flags & openFlag.upgrade
      ? new UpgradeExchange(stream, head, backend)
      : new Exchange(stream, head, !fin, backend);
  try {
    if (route.cluster !== clusterUid) throw new DroverError('identity-refused', 'the request is for another cluster');
    checkRequestLine(head.method, head.target);
  } catch (error) {
    exchange.refuse(DroverError.from(error));
    return exchange;
  }
  const identity = identities.of(route.identity);
  if (identity instanceof DroverError) exchange.refuse(identity);
  else if (identity instanceof Promise) {
    void identity.then(settled =>
      settled instanceof DroverError ? exchange.refuse(settled) : exchange.start(settled),
    );
  } else exchange.start(identity);
  return exchange;
}
