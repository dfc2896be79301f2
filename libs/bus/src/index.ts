export type { BusStatus } from './bucket-connection.ts';
export { Bus, type BusOptions, connectBus, type PublishOptions, type RequestOptions } from './bus.ts';
export { canSync, type Durability, durabilityOf, durabilityText } from './durability.ts';
export { ensureHubStreams, type HubStreamOptions, purgeDeleteMarkers, startAfterRevision } from './hub-streams.ts';
export { requireKey, requirePattern } from './keys.ts';
export { ObjectBucket, type StoredObject } from './object-bucket.ts';
export type { ObjectWrite } from './object-snapshot.ts';
export { ObjectView, type ObjectViewOptions, type ViewChange } from './object-view.ts';
export { type ObjectEvent, ObjectWatch } from './object-watch.ts';
