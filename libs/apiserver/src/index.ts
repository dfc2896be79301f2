export { type Admitted, type ClientWrite, type Decision, type ResourceAttributes, refusal } from './access.ts';
export type { ApiFollower, ApiHeaders, ApiRequest, ApiResponse } from './api-exchange.ts';
export { ApiServer, type ApiServerOptions } from './api-server.ts';
export { type Bucket, type BucketEvent, bucketStore } from './bucket-store.ts';
export { type CustomResourceDefinition, crdOf } from './crd.ts';
export { invalid, notFound, refusedFor } from './failures.ts';
export { type FieldError, type FieldErrorReason, fieldErrors } from './field-errors.ts';
export type { HealthCheck, HealthEndpoint } from './health.ts';
export { MemoryStore } from './memory-store.ts';
export { type Namespace, namespacesWith } from './namespaces.ts';
export { NodeResponse, nodeRequest } from './node-exchange.ts';
export type { ApiObject } from './object.ts';
export type { Part } from './object-change.ts';
export { storedBytes } from './object-json.ts';
export { objectMeta } from './object-meta-message.ts';
export type { ProtobufForm, ProtobufMessage } from './protobuf.ts';
export {
  type Deleted,
  type DeleteOptions,
  type Hooks,
  type Preconditions,
  Registry,
  type RegistryOptions,
  type WriteOptions,
} from './registry.ts';
export { maxBodyBytes, readBody } from './request-body.ts';
export { maxWindowBytes, windowEvents } from './resource-cache.ts';
export { allVerbs, type Column, type ResourceType, type Verb } from './resource-type.ts';
export { sendError } from './responses.ts';
export * as reviews from './reviews/index.ts';
export { checkSchema, type Schema, type SchemaReport } from './schema.ts';
export type { Selector } from './selectors.ts';
export type { Store, StoreEvent } from './store.ts';
export { ageOf } from './table.ts';
export type { VirtualResource } from './virtual-resource.ts';
export { WatchCache, type WatchCacheOptions } from './watch-cache.ts';
export type { Frame } from './watch-stream.ts';
export type { Write, WriteStep } from './write.ts';
