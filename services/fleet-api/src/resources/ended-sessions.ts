import type { ResourceType } from '@drover/apiserver';
import { type EndedSession, endedSessionKind } from '@drover/contracts';

/** Sessions that were ended before their time, under their ids. Kept, and never served. */
export const endedSessions: ResourceType<EndedSession> = {
  ...endedSessionKind,
  verbs: [],
  columns: [],
};
