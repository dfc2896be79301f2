export { bodyLength } from './body-length.ts';
export { writeHead } from './head-text.ts';
export { type PlainRequest, parsePlainRequest } from './plain-request.ts';
export { BrokenAnswerError, ResponseReader, type ResponseSink } from './response-reader.ts';
