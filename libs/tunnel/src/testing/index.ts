export { MemoryLink, MemoryTransport } from './memory-link.ts';
export { RecordingHandler } from './recording-handler.ts';
export { nothing, PairEnd, SessionPair } from './session-pair.ts';
export { Turns } from './turns.ts';
