export { AddressCounts, addressKey } from './address-counts.ts';
export { FollowedFile, type FollowedFileOptions } from './followed-file.ts';
export {
  type CompatRequest,
  type CompatResponse,
  type FrontDoor,
  type FrontDoorOptions,
  frontDoorLimits,
  openFrontDoor,
  type Route,
  refuse,
  refuseSocket,
} from './front-door.ts';
export { type InternalServer, type InternalServerOptions, listenInternal } from './internal-server.ts';
export { closeServer, OpenSockets } from './open-sockets.ts';
export type { PlainHandler, PlainListener } from './plain-connection.ts';
export type { PlainAnswer } from './plain-reply.ts';
export { type RunningService, runService } from './run-service.ts';
