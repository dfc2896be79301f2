/**
 * The reviews of `authentication.k8s.io` and `authorization.k8s.io`: how they look and what they ask. What the answer is, a
 * server knows for itself.
 */
export * as messages from './review-messages.ts';
export { accessOf, type ReviewedAccess, specOf, textOf, textsOf } from './review-request.ts';
export * from './review-types.ts';
