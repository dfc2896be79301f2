import type { StreamHandler, TunnelStream } from './stream.ts';

/**
 * The handler of one of two joined streams: whatever comes is sent on through `to()`, credit included, so that a
 * gateway holds at most a window of each stream and never reads HTTP.
 */
export function spliceHandler(to: () => TunnelStream | undefined): StreamHandler {
  return {
    onHead: payload => to()?.forwardHead(payload),
    onData: chunk => {
      to()?.write(chunk);
    },
    onEnd: () => to()?.end(),
    onReset: reset => to()?.reset(reset.code, reset.message),
    onGrant: bytes => to()?.grantNow(bytes),
  };
}
