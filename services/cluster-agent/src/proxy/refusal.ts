import { DroverError, statusOf } from '@drover/errors';
import type { TunnelStream } from '@drover/tunnel';

/** Answers a stream with the Kubernetes `Status` of an error, before anything else was answered. */
export function refuseStream(stream: TunnelStream, error: DroverError): void {
  const body = Buffer.from(JSON.stringify(statusOf(error)), 'utf8');
  stream.respond({
    status: error.entry.httpStatus,
    headers: ['content-type', 'application/json', 'content-length', String(body.length)],
  });
  stream.write(body);
  stream.end();
}

/** In the place of a 401: it is the agent's own credential that was refused, and the caller need not log in again. */
export const ownTokenRefused = (): DroverError =>
  new DroverError('cluster-unreachable', 'the kube-apiserver refuses the agent’s own token, which is made anew');
