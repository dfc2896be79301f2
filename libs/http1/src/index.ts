export { bodyLength } from './body-length.ts';
export { ClientConnection, type ConnectionOwner, type ConnectionUser } from './client-connection.ts';
export { ConnectionPool, type ConnectionPoolLimits, type ConnectionPoolOptions } from './connection-pool.ts';
export { writeHead } from './head-text.ts';
export { type PlainRequest, parsePlainRequest } from './plain-request.ts';
export { BrokenAnswerError, ResponseReader, type ResponseSink } from './response-reader.ts';
