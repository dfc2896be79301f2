import { createHook } from 'node:async_hooks';

const live = new Set<number>();

// Also those that do not keep the process alive, which `process.getActiveResourcesInfo` leaves out.
createHook({
  init: (id, type) => {
    if (type === 'Timeout') live.add(id);
  },
  destroy: id => live.delete(id),
}).enable();

/** Timers that wait, of those that were made since this module was loaded: import it before all else. */
export const liveTimers = (): number => live.size;
