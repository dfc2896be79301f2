import { deepEqual } from 'node:assert/strict';
import { eventually } from './eventually.ts';

/** Kinds that Node opens by itself or keeps for standard streams, and that no code under test owns. */
const ignored = new Set([
  'TTYWrap',
  'PipeWrap',
  'FSReqPromise',
  'FSReqCallback',
  'CloseReq',
  'Immediate',
  'TickObject',
]);

/**
 * Runs `work` and checks that every handle which it opened (sockets, servers, timers, child processes) is gone
 * afterwards, within `timeoutMs` (default 2 s: a closed socket needs a turn or two of the event loop).
 *
 * @example
 * await expectNoLeaks(async () => { await using gateway = await startTunnelGateway(options); … });
 */
export async function expectNoLeaks<T>(work: () => Promise<T>, { timeoutMs = 2_000 } = {}): Promise<T> {
  const before = openHandles();
  const result = await work();
  await eventually(
    () => {
      deepEqual(newHandles(before, openHandles()), {}, 'handles that the work left open');
      return true;
    },
    { timeoutMs },
  );
  return result;
}

function openHandles(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (!ignored.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function newHandles(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Record<string, number> {
  const more = [...after].map(([kind, count]) => [kind, count - (before.get(kind) ?? 0)] as const);
  return Object.fromEntries(more.filter(([, count]) => count > 0));
}
