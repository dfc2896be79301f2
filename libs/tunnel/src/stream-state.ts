import type { Reset } from './reset.ts';

/** A stream's state as one side sees it. */
export type StreamState =
  | { readonly name: 'open' }
  /** This side has sent FIN. */
  | { readonly name: 'local-ended' }
  /** The peer has sent FIN. */
  | { readonly name: 'remote-ended' }
  /** Both have, or a reset was sent or received (`reset`). Nothing leads out of it. */
  | { readonly name: 'closed'; readonly reset?: Reset };

export type StreamEvent =
  | { readonly name: 'end-sent' }
  | { readonly name: 'end-received' }
  | { readonly name: 'reset'; readonly reset: Reset };

export const open: StreamState = Object.freeze({ name: 'open' });
const localEnded: StreamState = Object.freeze({ name: 'local-ended' });
const remoteEnded: StreamState = Object.freeze({ name: 'remote-ended' });
const closed: StreamState = Object.freeze({ name: 'closed' });

/** The one place where a stream's state moves; undefined: the event is not possible in that state. */
export function nextStreamState(state: StreamState, event: StreamEvent): StreamState | undefined {
  if (state.name === 'closed') return undefined;
  switch (event.name) {
    case 'reset':
      return { name: 'closed', reset: event.reset };
    case 'end-sent':
      return state.name === 'open' ? localEnded : state.name === 'remote-ended' ? closed : undefined;
    case 'end-received':
      return state.name === 'open' ? remoteEnded : state.name === 'local-ended' ? closed : undefined;
  }
}
