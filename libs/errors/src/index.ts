export { type CertificateDefect, certificateDefect } from './certificate-defect.ts';
export { DroverError, type DroverErrorOptions } from './drover-error.ts';
export { isStatus, type KubernetesStatus, statusOf } from './status.ts';
export { type ErrorCode, type ErrorEntry, errorTable } from './table.ts';
