import type { Reset } from './reset.ts';

/** A session's state. */
export type SessionState =
  /** Only CONTROL, PING, PONG and CLOSE are legal. */
  | { readonly name: 'handshake' }
  | { readonly name: 'ready' }
  /**
   * Those streams that are open go on. `local`: this side has sent GOAWAY, opens none, and serves what the peer opened
   * before it heard. `remote`: the peer has sent GOAWAY, so that none comes any more; this side closes after the last.
   */
  | { readonly name: 'draining'; readonly by: 'local' | 'remote' }
  | { readonly name: 'closed'; readonly reason: Reset };

export type SessionEvent =
  | { readonly name: 'admitted' }
  | { readonly name: 'drain'; readonly by: 'local' | 'remote' }
  | { readonly name: 'close'; readonly reason: Reset };

const remoteDraining: SessionState = Object.freeze({ name: 'draining', by: 'remote' });

/** The one place where a session's state moves; undefined: the event changes nothing. */
export function nextSessionState(state: SessionState, event: SessionEvent): SessionState | undefined {
  if (state.name === 'closed') return undefined;
  switch (event.name) {
    case 'close':
      return { name: 'closed', reason: event.reason };
    case 'admitted':
      return state.name === 'handshake' ? { name: 'ready' } : undefined;
    case 'drain':
      if (state.name === 'ready') return { name: 'draining', by: event.by };
      // Both asked at once: the peer's GOAWAY is the last word, or neither side would ever close.
      if (state.name === 'draining' && state.by === 'local' && event.by === 'remote') return remoteDraining;
      return undefined;
  }
}
