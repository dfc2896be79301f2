import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reset } from './reset.ts';
import { nextSessionState, type SessionEvent, type SessionState } from './session-state.ts';
import { nextStreamState, type StreamEvent, type StreamState } from './stream-state.ts';

const reset: Reset = { code: 'cancelled', message: '' };

const streamEvents: StreamEvent[] = [{ name: 'end-sent' }, { name: 'end-received' }, { name: 'reset', reset }];
/** For each state what each event above leads to; '-' is not possible. */
const streamTable: [StreamState, string[]][] = [
  [{ name: 'open' }, ['local-ended', 'remote-ended', 'closed by cancelled']],
  [{ name: 'local-ended' }, ['-', 'closed', 'closed by cancelled']],
  [{ name: 'remote-ended' }, ['closed', '-', 'closed by cancelled']],
  [{ name: 'closed' }, ['-', '-', '-']],
  [{ name: 'closed', reset }, ['-', '-', '-']],
];

const streamText = (state: StreamState | undefined): string =>
  state === undefined ? '-' : `${state.name}${state.name === 'closed' && state.reset ? ` by ${state.reset.code}` : ''}`;

for (const [state, row] of streamTable) {
  test(`stream state ${streamText(state)}: every event`, () => {
    assert.deepEqual(
      streamEvents.map(event => streamText(nextStreamState(state, event))),
      row,
    );
  });
}

const sessionEvents: SessionEvent[] = [
  { name: 'admitted' },
  { name: 'drain', by: 'local' },
  { name: 'drain', by: 'remote' },
  { name: 'close', reason: reset },
];
const sessionTable: [SessionState, string[]][] = [
  [{ name: 'handshake' }, ['ready', '-', '-', 'closed by cancelled']],
  [{ name: 'ready' }, ['-', 'draining by local', 'draining by remote', 'closed by cancelled']],
  [{ name: 'draining', by: 'local' }, ['-', '-', 'draining by remote', 'closed by cancelled']],
  [{ name: 'draining', by: 'remote' }, ['-', '-', '-', 'closed by cancelled']],
  [{ name: 'closed', reason: reset }, ['-', '-', '-', '-']],
];

const sessionText = (state: SessionState | undefined): string => {
  if (state === undefined) return '-';
  if (state.name === 'draining') return `draining by ${state.by}`;
  return state.name === 'closed' ? `closed by ${state.reason.code}` : state.name;
};

for (const [state, row] of sessionTable) {
  test(`session state ${sessionText(state)}: every event`, () => {
    assert.deepEqual(
      sessionEvents.map(event => sessionText(nextSessionState(state, event))),
      row,
    );
  });
}
